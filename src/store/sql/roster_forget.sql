-- A unit that left the roster and of which nothing else is known.
DELETE FROM units WHERE id = :id AND on_roster = 0
  AND NOT EXISTS (SELECT 1 FROM reports r WHERE r.unit_id = units.id)
  AND NOT EXISTS (SELECT 1 FROM notices n WHERE n.unit_id = units.id)
