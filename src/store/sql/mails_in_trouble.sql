SELECT id, subject, state = 'given_up' AS given_up, attempts, next_attempt_at, last_error,
    (SELECT group_concat(address, ', ') FROM mail_recipients
     WHERE mail_id = mails.id AND state <> 'sent') AS not_reached
FROM mails WHERE state = 'given_up' OR (state = 'queued' AND last_error IS NOT NULL)
ORDER BY id DESC LIMIT :limit
