-- Notices about the same unit and year that are in a mail, and the one that is answered.
WITH earlier AS (
    SELECT n.id, n.mail_id, n.kind, n.report_id, n.told
    FROM notices n LEFT JOIN reports r ON r.id = n.report_id
    WHERE n.state = 'in_mail' AND n.mail_id IS NOT NULL AND (
        (n.unit_id = :unit AND n.year IS :year AND r.kind = :kind) OR n.id = :answers))
SELECT (SELECT m.message_id FROM mails m WHERE m.id = (SELECT min(mail_id) FROM earlier)) AS message_id,
       kind AS last_kind, report_id AS last_report_id, told AS last_told
FROM earlier ORDER BY mail_id DESC, id DESC LIMIT 1
