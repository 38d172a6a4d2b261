SELECT id, message_id, subject, message, attempts, created_at, queued_at, next_attempt_at, last_error
FROM mails WHERE state = 'queued' AND next_attempt_at <= :now ORDER BY next_attempt_at, id
