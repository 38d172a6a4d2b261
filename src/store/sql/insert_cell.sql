INSERT INTO cells (report_id, table_id, row_id, column_id, value, text, unit, kind, raw, unit_printed,
                   place, place_table, place_row, place_column, place_page, ocr, doubtful)
VALUES (:report, :table, :row, :column, :value, :text, :unit, :kind, :raw, :unit_printed,
        :place, :place_table, :place_row, :place_column, :place_page, :ocr, :doubtful)
