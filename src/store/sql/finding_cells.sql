SELECT c.finding_id, c.table_id, c.row_id, c.column_id
FROM finding_cells c JOIN findings f ON f.id = c.finding_id
WHERE f.report_id = :report ORDER BY c.finding_id, c.number
