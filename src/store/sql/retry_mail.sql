UPDATE mails SET state = 'queued', queued_at = :now, next_attempt_at = :now, finished_at = NULL
WHERE id = :id AND state IN ('given_up', 'queued')
