SELECT n.id, n.kind, n.key, n.audience, u.contact, n.queued_at, n.unit_id, u.name AS unit, n.year, n.member,
       coalesce(n.path, (SELECT p.path FROM paths p WHERE p.file_id = n.file_id
                         ORDER BY p.withdrawn_at IS NOT NULL, p.seen_at, p.id LIMIT 1)) AS path,
       f.name AS file_name, coalesce(f.modified_at, n.file_at) AS file_modified_at, f.first_seen_at,
       n.report_id, r.kind AS report_kind, r.verdict, n.reason, n.detail, r.form, r.version,
       r.source, r.rules_changed, n.answers_id
FROM notices n
LEFT JOIN reports r ON r.id = n.report_id
LEFT JOIN units u ON u.id = n.unit_id
LEFT JOIN files f ON f.id = n.file_id
WHERE n.id = :id
