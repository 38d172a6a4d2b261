SELECT e.because FROM findings f JOIN reports r ON r.id = f.report_id
JOIN explanations e ON e.unit_id = r.unit_id AND e.year IS r.year AND e.kind = r.kind
     AND e.rule = f.rule AND e.place = f.place AND e.figures = f.figures
WHERE f.report_id = :report AND f.number = :number AND f.severity = 'warning'
