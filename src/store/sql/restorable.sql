-- Reports of a file that came back in the place of another, where that other, or a copy it was
-- of, is what counts now and says something else.
SELECT DISTINCT r.id, d.member, r.unit_id, r.year, r.kind
FROM documents d JOIN reports r ON r.id = d.report_id
JOIN reports c ON c.unit_id = r.unit_id AND c.year IS r.year AND c.kind = r.kind AND c.current = 1
JOIN documents o ON o.report_id = c.id AND o.file_id = :replaced
WHERE d.file_id = :file AND (c.content_hash <> r.content_hash OR c.own_errors_hash <> r.own_errors_hash)
