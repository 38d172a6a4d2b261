-- Where the files of each unit lie, or lay, that is on no roster.
SELECT DISTINCT u.id, u.office, p.path
FROM units u JOIN reports r ON r.unit_id = u.id JOIN documents d ON d.report_id = r.id
JOIN paths p ON p.file_id = d.file_id
WHERE u.on_roster = 0
