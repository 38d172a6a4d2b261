INSERT INTO sections (report_id, number, section, heading, text, picture)
VALUES (:report, :number, :section, :heading, :text, :picture)
