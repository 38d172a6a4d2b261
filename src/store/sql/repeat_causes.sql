INSERT INTO causes (report_id, number, slip, certain, message)
SELECT :copy, number, slip, certain, message FROM causes WHERE report_id = :id
