SELECT n.unit_id, n.plain FROM unit_names n JOIN units u ON u.id = n.unit_id
WHERE u.office = :office AND u.recognition = 'named' AND n.role = 'printed'
UNION
SELECT n.unit_id, n.plain FROM roster_names n JOIN units u ON u.id = n.unit_id
WHERE u.office = :office
