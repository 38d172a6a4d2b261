SELECT kind, form, unit_printed, unit_id, year, title, period_from, period_to, published, source,
       whole
FROM reports WHERE id = :report
