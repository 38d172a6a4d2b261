INSERT INTO receipts_due (file_id, times)
SELECT DISTINCT file_id, 1 FROM receipts WHERE error IS NOT NULL
ON CONFLICT (file_id) DO UPDATE SET times = times + 1
