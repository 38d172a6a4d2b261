SELECT n.unit_id FROM unit_names n JOIN units u ON u.id = n.unit_id
WHERE u.recognition = 'ambiguous' AND u.office = :office AND u.on_roster = 0
  AND n.role = 'printed' AND n.reversed = :reversed
