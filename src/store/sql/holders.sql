SELECT r.id
FROM long_sentences s
JOIN reports r ON r.id = s.report_id
WHERE s.hash = :hash AND r.current = 1 AND r.unit_id <> :unit AND r.year IS :year AND r.kind = :kind
  AND r.unit_printed IS NOT NULL
ORDER BY s.report_id DESC
LIMIT :limit
