SELECT u.id, u.name, u.office FROM units u
WHERE u.on_roster = 0 AND u.recognition <> 'unrecognised'
  AND EXISTS (SELECT 1 FROM reports r WHERE r.unit_id = u.id AND r.current = 1)
  AND EXISTS (SELECT 1 FROM units x WHERE x.office = u.office AND x.on_roster = 1)
ORDER BY u.office, u.name
