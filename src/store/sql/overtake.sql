-- The nameless reports of the content that was replaced, with the versions they had replaced.
UPDATE reports SET overtaken = 1
WHERE overtaken = 0 AND EXISTS (
    SELECT 1 FROM reports x JOIN units u ON u.id = x.unit_id
    WHERE x.file_id = :replaced AND (x.year IS NULL OR u.recognition = 'unrecognised')
      AND NOT (x.unit_id = :unit AND x.year IS :year)
      AND x.unit_id = reports.unit_id AND x.year IS reports.year AND x.kind = reports.kind
      AND reports.version <= x.version)
  AND NOT EXISTS (SELECT 1 FROM paths p WHERE p.file_id = :replaced AND p.withdrawn_at IS NULL)
RETURNING unit_id, year, kind
