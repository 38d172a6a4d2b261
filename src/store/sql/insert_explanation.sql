INSERT INTO explanations (unit_id, year, kind, rule, place, figures, because, given_at)
SELECT r.unit_id, r.year, r.kind, f.rule, f.place, f.figures, :because, :now
FROM findings f JOIN reports r ON r.id = f.report_id
WHERE f.report_id = :report AND f.rule = :rule AND f.place = :place AND f.severity = 'warning'
ON CONFLICT DO UPDATE SET because = excluded.because, given_at = excluded.given_at
