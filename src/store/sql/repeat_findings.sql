INSERT INTO findings (report_id, number, rule, severity, place, left_value, right_value, cause_id,
                      quote, message, source, basis, figures)
SELECT :copy, f.number, f.rule, f.severity, f.place, f.left_value, f.right_value, new.id,
       f.quote, f.message, f.source, f.basis, f.figures
FROM findings f LEFT JOIN causes old ON old.id = f.cause_id
LEFT JOIN causes new ON new.report_id = :copy AND new.number = old.number
WHERE f.report_id = :id
