SELECT id FROM notices
WHERE state = 'waiting' AND audience = :audience AND NOT (first_scan = 1 AND :holds_first_scan)
ORDER BY queued_at, id
