-- Views for the questions people ask most.

-- Every cell of every current report in a row of its own, with its official label and where it was read.
CREATE VIEW figures AS
SELECT r.id AS report_id, u.name AS unit, r.year, r.form,
       c.table_id || '.' || c.row_id || '.' || c.column_id AS cell, d.chinese AS label,
       c.table_id, c.row_id, c.column_id,
       c.value, c.text, c.unit AS value_unit, c.kind AS cell_kind, c.raw,
       CASE WHEN r.member = '' THEN f.name ELSE f.name || '!' || r.member END AS file, r.version,
       c.place, c.place_table, c.place_row, c.place_column, c.place_page, c.ocr, c.doubtful
FROM reports r JOIN units u ON u.id = r.unit_id JOIN files f ON f.id = r.file_id
JOIN cells c ON c.report_id = r.id
LEFT JOIN data_dictionary d ON d.object = c.table_id AND d.kind = 'cell'
     AND d.name = c.table_id || '.' || c.row_id || '.' || c.column_id
WHERE r.current = 1;

-- Every number of a current report beside that of the year before.
CREATE VIEW year_on_year AS
SELECT r.id AS report_id, u.name AS unit, r.year,
       c.table_id || '.' || c.row_id || '.' || c.column_id AS cell, d.chinese AS label,
       c.value, c.unit AS value_unit, b.value AS value_before, b.unit AS unit_before,
       CASE WHEN c.unit IS NOT b.unit THEN NULL
            WHEN typeof(c.value) = 'integer' AND typeof(b.value) = 'integer' THEN c.value - b.value
            ELSE round(c.value - b.value, 6) END AS change, p.id AS report_id_before
FROM reports r JOIN units u ON u.id = r.unit_id
JOIN reports p ON p.unit_id = r.unit_id AND p.kind = r.kind AND p.year = r.year - 1 AND p.current = 1
JOIN cells c ON c.report_id = r.id
JOIN cells b ON b.report_id = p.id AND b.table_id = c.table_id AND b.row_id = c.row_id AND b.column_id = c.column_id
LEFT JOIN data_dictionary d ON d.object = c.table_id AND d.kind = 'cell'
     AND d.name = c.table_id || '.' || c.row_id || '.' || c.column_id
WHERE r.current = 1 AND c.value IS NOT NULL AND b.value IS NOT NULL;

-- How many current reports there are of each county and year, and how they stand.
CREATE VIEW counts_by_county_and_year AS
SELECT coalesce(u.parent, nullif(u.office, '')) AS county, r.year, r.kind,
       count(*) AS reports,
       sum(r.verdict = 'passed') AS passed,
       sum(r.verdict = 'failed') AS failed,
       sum((SELECT count(*) FROM findings x WHERE x.report_id = r.id AND x.severity = 'error')) AS errors,
       sum((SELECT count(*) FROM findings x WHERE x.report_id = r.id AND x.severity = 'warning')) AS warnings,
       sum(r.source = 'ocr') AS scans,
       (SELECT count(*) FROM units o WHERE o.on_roster = 1
        AND coalesce(o.parent, nullif(o.office, '')) IS coalesce(u.parent, nullif(u.office, ''))) AS units_on_roster
FROM reports r JOIN units u ON u.id = r.unit_id
WHERE r.current = 1
GROUP BY coalesce(u.parent, nullif(u.office, '')), r.year, r.kind;

-- Reports that failed, and how long it took until a version that passes was handed in.
CREATE VIEW corrections AS
WITH failed (unit_id, year, kind, versions, first_version, first_at) AS (
    SELECT unit_id, year, kind, count(*), min(version), min(first_seen_at)
    FROM reports WHERE verdict = 'failed' AND overtaken = 0 GROUP BY unit_id, year, kind)
SELECT u.name AS unit, x.year, x.kind, x.versions AS failing_versions,
       strftime('%Y-%m-%dT%H:%M:%S', x.first_at, 'unixepoch', 'localtime') AS failed_at,
       strftime('%Y-%m-%dT%H:%M:%S', c.first_seen_at, 'unixepoch', 'localtime') AS corrected_at,
       round((c.first_seen_at - x.first_at) / 3600.0, 1) AS hours,
       round((coalesce(c.first_seen_at, unixepoch()) - x.first_at) / 86400.0, 1) AS days_so_far
FROM failed x JOIN units u ON u.id = x.unit_id
LEFT JOIN reports c ON c.unit_id = x.unit_id AND c.year IS x.year AND c.kind = x.kind AND c.current = 1
     AND c.verdict = 'passed' AND c.version > x.first_version;
