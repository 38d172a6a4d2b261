INSERT INTO mails (audience, message_id, subject, message, state, created_at, queued_at, next_attempt_at)
VALUES (:audience, :message_id, :subject, :message, 'queued', :now, :now, :now)
RETURNING id
