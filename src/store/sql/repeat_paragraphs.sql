INSERT INTO paragraphs (report_id, number, text)
SELECT :copy, number, text FROM paragraphs WHERE report_id = :id
