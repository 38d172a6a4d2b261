UPDATE files SET attempts = attempts + 1, attempted_at = :now WHERE id = :id RETURNING attempts
