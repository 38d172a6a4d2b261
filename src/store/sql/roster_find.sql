-- CROSS JOIN: few names are looked for, and their units after them; SQLite would go through the units of the office.
SELECT n.unit_id, n.role, n.plain, n.place FROM roster_names n CROSS JOIN units u ON u.id = n.unit_id
WHERE u.office = :office AND n.plain IN (SELECT value FROM json_each(:ends))
