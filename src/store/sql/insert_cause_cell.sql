INSERT INTO cause_cells (cause_id, alternative, number, table_id, row_id, column_id, read, repaired)
VALUES (:cause, :alternative, :number, :table, :row, :column, :read, :repaired)
