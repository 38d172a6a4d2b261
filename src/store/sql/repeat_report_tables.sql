INSERT INTO report_tables (report_id, number, table_id, form, grids)
SELECT :copy, number, table_id, form, grids FROM report_tables WHERE report_id = :id
