UPDATE reports SET verdict = :verdict, errors_hash = :errors_hash, form_sha256 = :form_sha256,
    recorded_at = :now
WHERE id = :id
