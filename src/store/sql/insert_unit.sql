INSERT INTO units (office, name, recognition, created_at) VALUES (:office, :name, :recognition, :now) RETURNING id
