SELECT g.id FROM units u JOIN units g ON g.id = u.parent_id
WHERE u.id = :unit AND u.on_roster = 1 AND g.on_roster = 1 AND g.level = 'government'
