INSERT INTO cause_cells (cause_id, alternative, number, table_id, row_id, column_id, read, repaired)
SELECT new.id, x.alternative, x.number, x.table_id, x.row_id, x.column_id, x.read, x.repaired
FROM cause_cells x JOIN causes old ON old.id = x.cause_id
JOIN causes new ON new.report_id = :copy AND new.number = old.number
WHERE old.report_id = :id
