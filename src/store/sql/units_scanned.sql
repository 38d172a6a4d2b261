SELECT n.unit_id, n.plain FROM unit_names n JOIN units u ON u.id = n.unit_id
WHERE u.office = :office AND u.recognition = 'named' AND u.on_roster = 0 AND n.role = 'printed'
  AND n.unit_id IN (SELECT unit_id FROM reports WHERE source = 'ocr')
  AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.unit_id = u.id AND r.source = 'text')
