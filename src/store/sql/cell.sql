SELECT text, unit, kind, raw, unit_printed, place_table, place_row, place_column, place_page, doubtful
FROM cells
WHERE report_id = :report AND table_id = :table AND row_id = :row AND column_id = :column
