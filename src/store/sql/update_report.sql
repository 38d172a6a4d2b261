UPDATE reports SET
    form = :form, form_sha256 = :form_sha256, verdict = :verdict, unit_printed = :unit_printed,
    title = :title, period_from = :period_from, period_to = :period_to, published = :published,
    source = :source, format = :format, content_hash = :content_hash, errors_hash = :errors_hash,
    recorded_at = :now
WHERE id = :id
