SELECT n.unit_id, n.plain FROM unit_names n JOIN units u ON u.id = n.unit_id
WHERE u.office = :office AND u.recognition = 'named' AND n.role = 'printed'
  AND NOT (:only_scanned AND (u.on_roster OR EXISTS
    (SELECT 1 FROM reports r WHERE r.unit_id = u.id AND r.source = 'text')))
UNION
SELECT n.unit_id, n.plain FROM roster_names n JOIN units u ON u.id = n.unit_id
WHERE u.office = :office AND NOT :only_scanned
