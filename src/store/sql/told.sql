SELECT n.kind, n.report_id, n.errors_hash FROM notices n JOIN reports r ON r.id = n.report_id
WHERE r.unit_id = :unit AND r.year IS :year AND r.kind = :kind AND n.state = 'in_mail'
  AND n.kind IN ('failed', 'still_failing', 'corrected')
ORDER BY n.mail_id DESC, n.id DESC LIMIT 1
