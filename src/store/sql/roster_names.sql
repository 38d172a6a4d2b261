SELECT n.plain, n.unit_id FROM roster_names n JOIN units u ON u.id = n.unit_id
WHERE u.office = :office AND n.role = 'own' ORDER BY n.unit_id
