-- A path that is gone counts only where the file lies elsewhere now: it was archived.
SELECT path FROM paths p WHERE p.file_id = :file
  AND (p.withdrawn_at IS NULL
       OR EXISTS (SELECT 1 FROM paths o WHERE o.file_id = p.file_id AND o.withdrawn_at IS NULL))
ORDER BY p.id
