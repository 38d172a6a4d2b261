INSERT INTO sections (report_id, number, section, heading, text, picture)
SELECT :copy, number, section, heading, text, picture FROM sections WHERE report_id = :id
