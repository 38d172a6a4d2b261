SELECT id, file_id, verdict, content_hash, errors_hash FROM reports
WHERE unit_id = :unit AND year IS :year AND kind = :kind AND current = 1
