-- The + keeps SQLite from walking through all notices of these kinds.
SELECT 1 FROM notices n JOIN reports r ON r.id = n.report_id
WHERE n.state = 'waiting' AND +n.kind IN ('failed', 'still_failing', 'corrected')
  AND r.unit_id = :unit AND r.year IS :year AND r.kind = :kind
