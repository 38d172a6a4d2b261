WITH left_over (open, failed) AS (
    SELECT coalesce(sum(state = 'open'), 0), coalesce(sum(state = 'failed'), 0)
    FROM mail_recipients WHERE mail_id = :id)
UPDATE mails SET
    state = CASE WHEN left_over.open > 0 THEN 'queued' WHEN left_over.failed > 0 THEN 'given_up' ELSE 'sent' END,
    finished_at = CASE WHEN left_over.open > 0 THEN NULL ELSE :now END,
    next_attempt_at = coalesce(:next, next_attempt_at),
    last_error = coalesce(:error, last_error)
FROM left_over WHERE id = :id
RETURNING state
