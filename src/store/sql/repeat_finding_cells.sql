INSERT INTO finding_cells (finding_id, number, table_id, row_id, column_id)
SELECT new.id, x.number, x.table_id, x.row_id, x.column_id
FROM finding_cells x JOIN findings old ON old.id = x.finding_id
JOIN findings new ON new.report_id = :copy AND new.number = old.number
WHERE old.report_id = :id
