INSERT INTO unit_names (unit_id, name, role, plain, reversed)
VALUES (:unit, :name, :role, :plain, :reversed)
ON CONFLICT (unit_id, name, role) DO NOTHING
