SELECT kind, form, unit_printed, unit_id, year, title, period_from, period_to, published, source
FROM reports WHERE id = :report AND whole = 1
