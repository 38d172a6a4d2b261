INSERT INTO reports (unit_id, year, version, current, file_id, number, member, kind, form, form_sha256,
                     verdict, unit_printed, title, period_from, period_to, published, source, format,
                     content_hash, errors_hash, order_ns, order_path, first_seen_at, recorded_at, whole,
                     own_errors_hash, beside, rules_changed)
SELECT unit_id, year, 0, 0, file_id, number, member, kind, form, form_sha256,
       verdict, unit_printed, title, period_from, period_to, published, source, format,
       content_hash, errors_hash, :order_ns, order_path, first_seen_at, :now, whole,
       own_errors_hash, beside, rules_changed
FROM reports WHERE id = :id
RETURNING id
