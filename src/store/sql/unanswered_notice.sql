-- The + keeps SQLite from walking through all notices of these kinds.
SELECT n.id FROM notices n LEFT JOIN reports r ON r.id = n.report_id
WHERE (n.file_id IN (:file, :replaced) OR (n.path = :path AND n.file_id IS NULL))
  AND +n.state = 'in_mail'
  AND ((+n.kind = 'unreadable' AND (n.file_id IS NULL OR n.member IN ('', :member)))
       OR (+n.kind IN ('failed', 'still_failing') AND n.file_id = :replaced AND r.overtaken = 1))
  AND NOT EXISTS (SELECT 1 FROM notices a WHERE a.answers_id = n.id AND a.state <> 'superseded')
ORDER BY n.id DESC LIMIT 1
