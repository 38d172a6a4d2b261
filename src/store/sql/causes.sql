SELECT id, number, slip, certain, message FROM causes WHERE report_id = :report ORDER BY number
