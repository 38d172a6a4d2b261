-- The documents of a file, each as its notice would have it.
SELECT 0 AS id, 'office:' AS audience, NULL AS contact,
       CASE coalesce(r.verdict, d.verdict) WHEN 'passed' THEN 'corrected' ELSE coalesce(r.verdict, d.verdict) END AS kind,
       'receipt ' || d.id AS key, coalesce(f.recorded_at, f.first_seen_at) AS queued_at, d.report_id,
       r.unit_id, u.name AS unit, r.year, d.member, NULL AS path, f.name AS file_name,
       f.modified_at AS file_modified_at, f.first_seen_at, coalesce(r.verdict, d.verdict) AS verdict,
       d.reason, d.detail, r.form, r.version, r.source, r.rules_changed
FROM documents d JOIN files f ON f.id = d.file_id
LEFT JOIN reports r ON r.id = d.report_id LEFT JOIN units u ON u.id = r.unit_id
WHERE d.file_id = :file AND d.verdict <> 'ignored'
ORDER BY d.number
