-- The nameless reports of the content that was replaced, with the versions they had replaced.
UPDATE reports SET overtaken = 1
WHERE overtaken = 0 AND id IN (
    SELECT y.id FROM reports x JOIN units u ON u.id = x.unit_id
    JOIN reports y ON y.unit_id = x.unit_id AND y.year IS x.year AND y.kind = x.kind AND y.version <= x.version
    WHERE x.file_id = :replaced AND (x.year IS NULL OR u.recognition = 'unrecognised')
      AND NOT (x.unit_id = :unit AND x.year IS :year))
  AND NOT EXISTS (SELECT 1 FROM paths p WHERE p.file_id = :replaced AND p.withdrawn_at IS NULL)
RETURNING unit_id, year, kind
