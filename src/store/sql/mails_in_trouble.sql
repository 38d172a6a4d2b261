SELECT m.id, m.subject, m.state = 'given_up' AS given_up, m.attempts, m.next_attempt_at, m.last_error,
    l.not_delivered
FROM mails m JOIN mail_log l ON l.mail_id = m.id
WHERE m.state = 'given_up' OR (m.state = 'queued' AND m.last_error IS NOT NULL)
ORDER BY m.id DESC LIMIT :limit
