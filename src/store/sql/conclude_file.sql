UPDATE files SET verdict = :verdict, reason = :reason, detail = :detail, reader = :reader,
    recorded_at = :now, attempts = 0
WHERE id = :id
