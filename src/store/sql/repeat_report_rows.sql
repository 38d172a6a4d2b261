INSERT INTO report_rows (report_id, number, standing, table_id, row_id, label, printed)
SELECT :copy, number, standing, table_id, row_id, label, printed FROM report_rows WHERE report_id = :id
