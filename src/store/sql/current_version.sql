SELECT id, file_id, member, verdict, content_hash, errors_hash, own_errors_hash, beside FROM reports
WHERE unit_id = :unit AND year IS :year AND kind = :kind AND current = 1
