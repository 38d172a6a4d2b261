-- A report as its notice would have it, whether or not one was queued.
SELECT 0 AS id, 'office:' AS audience, NULL AS contact, CASE r.verdict WHEN 'failed' THEN 'failed' ELSE 'corrected' END AS kind,
       'report ' || r.id AS key, r.recorded_at AS queued_at, r.unit_id, u.name AS unit, r.year, r.member,
       NULL AS path, f.name AS file_name, f.modified_at AS file_modified_at, r.first_seen_at,
       r.verdict, NULL AS reason, NULL AS detail, r.form, r.version, r.source, r.rules_changed
FROM reports r
JOIN units u ON u.id = r.unit_id
JOIN files f ON f.id = r.file_id
WHERE r.id = :id
