SELECT rule, place, severity, message FROM findings
WHERE report_id = :report AND severity <> 'info' ORDER BY number
