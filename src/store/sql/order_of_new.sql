-- The file's own time, or one nanosecond after the latest of what lay at its path before.
SELECT max(f.modified_ns, coalesce((
    SELECT max(CASE d.standing WHEN 'copy' THEN max(r.order_ns, old.modified_ns) ELSE r.order_ns END) + 1
    FROM documents d JOIN reports r ON r.id = d.report_id JOIN files old ON old.id = d.file_id
    WHERE d.file_id = :replaced AND r.unit_id = :unit AND r.year IS :year AND r.kind = :kind
), f.modified_ns)) AS order_ns
FROM files f WHERE f.id = :file
