INSERT INTO units (name, recognition, created_at) VALUES (:name, :recognition, :now) RETURNING id
