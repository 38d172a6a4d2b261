-- The figures a finding rests on: its sides and its cells; the numbers of its sentence where it has neither.
UPDATE findings SET figures = CASE
    WHEN left_value IS NULL AND NOT EXISTS (SELECT 1 FROM finding_cells x WHERE x.finding_id = findings.id)
    THEN :numbers
    ELSE coalesce(left_value, '') || ' ' || coalesce(right_value, '') || coalesce((
        SELECT group_concat(' ' || x.table_id || '.' || x.row_id || '.' || x.column_id || '=' || coalesce(c.text, c.kind), '')
        FROM finding_cells x LEFT JOIN cells c ON c.report_id = findings.report_id AND c.table_id = x.table_id
             AND c.row_id = x.row_id AND c.column_id = x.column_id
        WHERE x.finding_id = findings.id), '')
    END
WHERE id = :id
