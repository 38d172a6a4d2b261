SELECT min(CASE WHEN first_scan = 0 AND kind <> 'unrecognised' THEN queued_at END) AS ordinary,
       min(CASE WHEN first_scan = 0 AND kind = 'unrecognised' THEN queued_at END) AS unrecognised,
       min(CASE WHEN first_scan = 1 THEN queued_at END) AS first_scan,
       (SELECT max(created_at) FROM mails) AS last_mail
FROM notices WHERE state = 'waiting'
