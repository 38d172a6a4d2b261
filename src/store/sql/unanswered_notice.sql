SELECT n.id FROM notices n LEFT JOIN reports r ON r.id = n.report_id
WHERE n.state = 'in_mail'
  AND ((n.kind = 'unreadable' AND (
            (n.file_id IN (:file, :replaced) AND n.member IN ('', :member))
            OR (n.file_id IS NULL AND n.path = :path)))
       OR (n.kind IN ('failed', 'still_failing') AND n.file_id = :replaced AND r.overtaken = 1))
  AND NOT EXISTS (SELECT 1 FROM notices a WHERE a.answers_id = n.id AND a.state <> 'superseded')
ORDER BY n.id DESC LIMIT 1
