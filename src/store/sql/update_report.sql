UPDATE reports SET
    form = :form, unit_printed = :unit_printed,
    title = :title, period_from = :period_from, period_to = :period_to, published = :published,
    source = :source, format = :format, content_hash = :content_hash, whole = 1
WHERE id = :id
