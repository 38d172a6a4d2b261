INSERT INTO report_tables (report_id, number, table_id, form, grids)
VALUES (:report, :number, :table, :form, :grids)
