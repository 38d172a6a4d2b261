INSERT INTO finding_cells (finding_id, number, table_id, row_id, column_id)
VALUES (:finding, :number, :table, :row, :column)
