INSERT INTO long_sentences (report_id, number, hash)
SELECT :copy, number, hash FROM long_sentences WHERE report_id = :id
