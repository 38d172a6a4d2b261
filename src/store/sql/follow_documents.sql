UPDATE documents SET verdict = (SELECT verdict FROM reports WHERE id = :report)
WHERE report_id = :report
