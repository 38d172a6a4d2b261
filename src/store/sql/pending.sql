SELECT n.audience,
       min(CASE WHEN n.first_scan = 0 AND n.kind <> 'unrecognised' THEN n.queued_at END) AS ordinary,
       min(CASE WHEN n.first_scan = 0 AND n.kind = 'unrecognised' THEN n.queued_at END) AS unrecognised,
       min(CASE WHEN n.first_scan = 1 THEN n.queued_at END) AS first_scan,
       (SELECT max(m.created_at) FROM mails m WHERE m.audience = n.audience) AS last_mail
FROM notices n WHERE n.state = 'waiting' GROUP BY n.audience
