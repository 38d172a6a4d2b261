SELECT (SELECT count(*) FROM units) AS units,
       (SELECT count(*) FROM reports WHERE current = 1 AND verdict = 'passed') AS reports_passed,
       (SELECT count(*) FROM reports WHERE current = 1 AND verdict = 'failed') AS reports_failed,
       (SELECT max(recorded_at) FROM files) AS last_recorded_at,
       (SELECT count(*) FROM notices WHERE state = 'waiting') AS notices_waiting,
       (SELECT count(*) FROM mails WHERE state = 'queued') AS mails_queued,
       (SELECT count(*) FROM mails WHERE state = 'sent') AS mails_sent
