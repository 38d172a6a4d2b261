-- What someone must act on comes first, as in record.rs.
UPDATE files SET verdict = (
    SELECT verdict FROM documents d WHERE d.file_id = files.id
    ORDER BY CASE verdict WHEN 'failed' THEN 4 WHEN 'unreadable' THEN 3 WHEN 'passed' THEN 2
                          WHEN 'unrecognised' THEN 1 ELSE 0 END DESC, number DESC LIMIT 1)
WHERE verdict IN ('passed', 'failed') AND id IN (SELECT file_id FROM documents WHERE report_id = :report)
