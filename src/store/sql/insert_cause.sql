INSERT INTO causes (report_id, number, slip, certain, message)
VALUES (:report, :number, :slip, :certain, :message) RETURNING id
