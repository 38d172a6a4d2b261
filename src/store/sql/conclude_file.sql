UPDATE files SET verdict = :verdict, reason = :reason, detail = :detail, reader = :reader,
    lacked_program = :lacked_program,
    recorded_at = :now, attempts = 0
WHERE id = :id
