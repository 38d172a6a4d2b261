UPDATE mails SET queued_at = queued_at + :jump, next_attempt_at = next_attempt_at + :jump
WHERE state = 'queued'
