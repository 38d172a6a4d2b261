SELECT n.plain, u.name FROM units u JOIN unit_names n ON n.unit_id = u.id AND n.role = 'printed'
WHERE u.office = :office AND u.on_roster = 0 AND u.recognition <> 'unrecognised'
  AND EXISTS (SELECT 1 FROM reports r WHERE r.unit_id = u.id AND r.current = 1 AND r.year = :year)
ORDER BY u.name
