INSERT INTO documents (file_id, number, member, verdict, reason, detail, report_id, standing)
VALUES (:file, :number, :member, :verdict, :reason, :detail, :report, :standing)
ON CONFLICT (file_id, number) DO UPDATE SET
    member = excluded.member, verdict = excluded.verdict, reason = excluded.reason,
    detail = excluded.detail, report_id = excluded.report_id, standing = excluded.standing
