INSERT INTO report_rows (report_id, number, standing, table_id, row_id, label, printed)
VALUES (:report, :number, :standing, :table, :row, :label, :printed)
