SELECT f.id, f.rule, f.severity, f.place, f.left_value, f.right_value, c.number AS cause, f.quote,
       f.message, f.source
FROM findings f LEFT JOIN causes c ON c.id = f.cause_id
WHERE f.report_id = :report AND (:basis IS NULL OR f.basis = :basis) ORDER BY f.number
