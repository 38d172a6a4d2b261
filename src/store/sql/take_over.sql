-- Mails, notices and explanations of another database of the same schema, attached as old, into this one. Reports,
-- files and units have other numbers here: the same file is that of the same bytes, the same report
-- that of the same document of it, the same unit that of the same name.
BEGIN IMMEDIATE;

INSERT INTO main.mails SELECT * FROM old.mails;
INSERT INTO main.mail_recipients SELECT * FROM old.mail_recipients;

CREATE TEMP TABLE same_file AS
SELECT o.id AS old_id, n.id AS id FROM old.files o JOIN main.files n ON n.sha256 = o.sha256;
CREATE TEMP TABLE same_unit AS
SELECT o.unit_id AS old_id, min(n.unit_id) AS id
FROM old.unit_names o JOIN main.unit_names n ON n.name = o.name AND n.role = 'printed'
WHERE o.role = 'printed' GROUP BY o.unit_id;
CREATE TEMP TABLE same_report AS
SELECT o.id AS old_id, max(n.id) AS id
FROM old.reports o JOIN same_file f ON f.old_id = o.file_id
JOIN main.reports n ON n.file_id = f.id AND n.number = o.number
GROUP BY o.id;

INSERT INTO main.notices (id, audience, kind, key, state, first_scan, queued_at, report_id, unit_id, year, file_id,
                          member, path, file_at, reason, detail, errors_hash, answers_id, mail_id,
                          told)
SELECT o.id, CASE WHEN o.audience LIKE 'unit:%' THEN coalesce('unit:' || u.id, 'office:') ELSE o.audience END, o.kind,
       CASE WHEN o.report_id IS NULL THEN o.key
            WHEN r.id IS NULL THEN 'before:' || o.key
            ELSE r.id || substr(o.key, instr(o.key, ':')) END,
       CASE WHEN o.state = 'waiting' AND o.report_id IS NOT NULL AND r.id IS NULL THEN 'superseded'
            ELSE o.state END,
       o.first_scan, o.queued_at, r.id, u.id, o.year, f.id,
       o.member, o.path, o.file_at, o.reason, o.detail, o.errors_hash, NULL, o.mail_id, o.told
FROM old.notices o
LEFT JOIN same_report r ON r.old_id = o.report_id
LEFT JOIN same_unit u ON u.old_id = o.unit_id
LEFT JOIN same_file f ON f.old_id = o.file_id
ORDER BY o.id
ON CONFLICT (kind, key) DO NOTHING;
UPDATE main.notices SET answers_id = (SELECT o.answers_id FROM old.notices o WHERE o.id = notices.id)
WHERE id IN (SELECT id FROM old.notices WHERE answers_id IN (SELECT id FROM main.notices));

INSERT OR IGNORE INTO main.explanations (unit_id, year, kind, rule, place, figures, because, given_at)
SELECT u.id, o.year, o.kind, o.rule, o.place, o.figures, o.because, o.given_at
FROM old.explanations o JOIN same_unit u ON u.old_id = o.unit_id ORDER BY o.id;

DROP TABLE same_report;
DROP TABLE same_unit;
DROP TABLE same_file;
COMMIT;
