UPDATE reports SET verdict = :verdict, errors_hash = :errors_hash,
    own_errors_hash = :own_errors_hash, beside = :beside, rules_changed = :rules_changed,
    form_sha256 = coalesce(:form_sha256, form_sha256),
    recorded_at = :now
WHERE id = :id
