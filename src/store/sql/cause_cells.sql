SELECT x.cause_id, x.alternative, x.table_id, x.row_id, x.column_id, x.read, x.repaired
FROM cause_cells x JOIN causes c ON c.id = x.cause_id
WHERE c.report_id = :report ORDER BY x.cause_id, x.alternative, x.number
