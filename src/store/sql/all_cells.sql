SELECT table_id, row_id, column_id, text, unit, kind, raw, unit_printed, place_table, place_row,
       place_column, place_page, doubtful
FROM cells WHERE report_id = :report
