INSERT INTO findings (report_id, number, rule, severity, place, left_value, right_value, cause_id,
                      quote, message, source, basis)
VALUES (:report, :number, :rule, :severity, :place, :left, :right, :cause, :quote, :message, :source, :basis)
RETURNING id
