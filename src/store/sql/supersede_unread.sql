-- The + keeps SQLite from walking through all notices of these kinds.
UPDATE notices SET state = 'superseded'
WHERE state = 'waiting' AND +kind IN ('unreadable', 'unrecognised') AND (
    (file_id = :file AND member = :member)
    OR (file_id = :replaced AND NOT EXISTS (
        SELECT 1 FROM paths p WHERE p.file_id = :replaced AND p.withdrawn_at IS NULL))
    OR (path = :path AND file_id IS NULL))
