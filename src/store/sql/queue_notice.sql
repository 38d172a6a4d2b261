INSERT INTO notices (kind, key, audience, state, first_scan, queued_at, report_id, unit_id, year, file_id, member,
                     path, file_at, reason, detail, errors_hash, answers_id)
VALUES (:kind, :key, :audience, 'waiting', :first_scan, :now, :report, :unit, :year, :file, :member,
        :path, :file_at, :reason, :detail, :errors_hash, :answers)
ON CONFLICT (kind, key) DO UPDATE SET state = 'waiting', queued_at = excluded.queued_at,
    audience = excluded.audience, answers_id = excluded.answers_id
WHERE state = 'superseded'
