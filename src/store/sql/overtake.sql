UPDATE reports SET overtaken = 1
WHERE file_id = :replaced AND overtaken = 0
  AND (year IS NULL OR unit_id IN (SELECT id FROM units WHERE recognition = 'unrecognised'))
  AND NOT (unit_id = :unit AND year IS :year)
  AND NOT EXISTS (SELECT 1 FROM paths p WHERE p.file_id = :replaced AND p.withdrawn_at IS NULL)
RETURNING unit_id, year, kind
