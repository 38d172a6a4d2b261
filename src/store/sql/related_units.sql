SELECT n.unit_id, n.plain FROM unit_names n JOIN units u ON u.id = n.unit_id
WHERE u.recognition = 'named' AND u.office = :office AND u.on_roster = 0
  AND n.role = 'printed' AND n.unit_id IN (
    SELECT unit_id FROM unit_names
    WHERE role = 'printed' AND reversed >= :reversed AND reversed < :reversed || char(1114111)
    UNION
    SELECT unit_id FROM unit_names
    WHERE role = 'printed' AND reversed IN (SELECT value FROM json_each(:ends)))
