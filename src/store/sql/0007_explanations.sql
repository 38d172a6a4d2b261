-- Findings that should be confirmed can be explained, and are settled by that.

ALTER TABLE findings ADD COLUMN figures TEXT NOT NULL DEFAULT ''; -- the figures it rests on: an explanation holds while they stay; empty: it rests on none
ALTER TABLE reports ADD COLUMN rules_changed TEXT; -- in Chinese, rules that the configuration had switched off or softened when it was judged; NULL: none

-- One row is one explanation of findings that should be confirmed. Written by `gouji explain`.
CREATE TABLE explanations (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    unit_id       INTEGER NOT NULL REFERENCES units (id), -- the unit
    year          INTEGER,                          -- report year; NULL: not found
    kind          TEXT NOT NULL,                    -- kind of report, as in reports
    rule          TEXT NOT NULL,                    -- rule of the findings it explains
    place         TEXT NOT NULL,                    -- place of the findings it explains
    figures       TEXT NOT NULL,                    -- their figures: with others they are not explained any more
    because       TEXT NOT NULL,                    -- the explanation
    given_at      INTEGER NOT NULL                  -- when it was given, or given anew
) STRICT;
CREATE UNIQUE INDEX explanations_once ON explanations (unit_id, coalesce(year, 0), kind, rule, place, figures);

DROP VIEW open_findings;
DROP VIEW failing_reports;
DROP VIEW current_reports;

-- The version that counts of every unit and year, with its file.
CREATE VIEW current_reports AS
SELECT r.id AS report_id, u.name AS unit, r.year, r.version, r.kind, r.form, r.verdict,
       CASE WHEN r.member = '' THEN f.name ELSE f.name || '!' || r.member END AS file,
       r.source, r.title, r.published,
       (SELECT count(*) FROM findings x WHERE x.report_id = r.id AND x.severity = 'error') AS errors,
       (SELECT count(*) FROM findings x WHERE x.report_id = r.id AND x.severity = 'warning') AS warnings,
       (SELECT count(*) FROM findings x JOIN explanations e ON e.rule = x.rule AND e.place = x.place
            AND e.figures = x.figures AND e.unit_id = r.unit_id AND e.year IS r.year AND e.kind = r.kind
        WHERE x.report_id = r.id AND x.severity = 'warning') AS settled,
       strftime('%Y-%m-%dT%H:%M:%S', r.first_seen_at, 'unixepoch', 'localtime') AS first_seen_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.recorded_at, 'unixepoch', 'localtime') AS recorded_at,
       NOT EXISTS (SELECT 1 FROM documents d JOIN paths p ON p.file_id = d.file_id
                   WHERE d.report_id = r.id AND p.withdrawn_at IS NULL) AS withdrawn,
       r.rules_changed, r.unit_id, r.file_id
FROM reports r JOIN units u ON u.id = r.unit_id JOIN files f ON f.id = r.file_id
WHERE r.current = 1;

-- Current reports with an error-level finding.
CREATE VIEW failing_reports AS
SELECT report_id, unit, year, version, form, file, errors, warnings, first_seen_at, recorded_at
FROM current_reports WHERE verdict = 'failed';

-- What was found in current reports, with what probably explains it; what the unit has explained is settled.
CREATE VIEW open_findings AS
SELECT x.id AS finding_id, c.report_id, c.unit, c.year, c.version, x.severity, x.rule, x.place,
       x.left_value, x.right_value, x.message, k.message AS cause, x.quote, x.source, c.file, c.recorded_at,
       e.because AS explanation, e.because IS NOT NULL AS settled
FROM findings x JOIN current_reports c ON c.report_id = x.report_id LEFT JOIN causes k ON k.id = x.cause_id
LEFT JOIN explanations e ON e.unit_id = c.unit_id AND e.year IS c.year AND e.kind = c.kind AND e.rule = x.rule
     AND e.place = x.place AND e.figures = x.figures AND x.severity = 'warning';
