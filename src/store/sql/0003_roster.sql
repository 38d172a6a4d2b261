-- The roster: the office's list of the units that should hand in.

ALTER TABLE units ADD COLUMN office    TEXT NOT NULL DEFAULT '';                     -- the office whose units it is among; empty: that of [units]
ALTER TABLE units ADD COLUMN on_roster INTEGER NOT NULL DEFAULT 0 CHECK (on_roster IN (0, 1)); -- 1: it stands on the roster of its office, and should hand in
ALTER TABLE units ADD COLUMN level     TEXT CHECK (level IN ('township', 'department', 'government')); -- what kind of unit the roster says it is; NULL: it does not say
ALTER TABLE units ADD COLUMN parent    TEXT;                                         -- the unit above it, as the roster names it; NULL: it names none
ALTER TABLE units ADD COLUMN parent_id INTEGER REFERENCES units (id);                -- the same where it stands on the roster itself; NULL: it does not
ALTER TABLE units ADD COLUMN contact   TEXT;                                         -- mail addresses of the unit itself, parted by a semicolon; NULL: the roster gives none
CREATE INDEX units_by_office ON units (office, on_roster);
CREATE INDEX units_by_parent ON units (parent_id) WHERE parent_id IS NOT NULL;

-- One row is one name by which a unit on a roster is recognised. Written from the roster at start.
CREATE TABLE roster_names (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    unit_id       INTEGER NOT NULL REFERENCES units (id) ON DELETE CASCADE, -- the unit
    role          TEXT NOT NULL                     -- own: name or alias on the roster; short: the same without the place it begins with, which several units may share
                  CHECK (role IN ('own', 'short')),
    plain         TEXT NOT NULL,                    -- without white space, brackets and words such as 人民政府: what is compared
    place         TEXT NOT NULL,                    -- the places it lies in, joined; empty: unknown
    UNIQUE (unit_id, plain)
) STRICT;
CREATE INDEX roster_names_by_plain ON roster_names (plain);

DROP VIEW missing_reports;
-- Who has not yet handed in for the last calendar year: units on the roster; where an office has
-- none, units that have handed in before.
CREATE VIEW missing_reports AS
WITH due (year) AS (SELECT CAST(strftime('%Y', 'now', 'localtime') AS INTEGER) - 1),
reported (unit_id, kind, last_year) AS (
    SELECT unit_id, kind, max(year) FROM reports WHERE current = 1 GROUP BY unit_id, kind),
expected (unit_id, kind) AS (
    SELECT r.unit_id, r.kind FROM reported r JOIN units u ON u.id = r.unit_id
    WHERE u.recognition <> 'unrecognised'
      AND (u.on_roster = 1 OR NOT EXISTS (SELECT 1 FROM units x WHERE x.office = u.office AND x.on_roster = 1))
    UNION ALL
    SELECT u.id, NULL FROM units u
    WHERE u.on_roster = 1 AND NOT EXISTS (SELECT 1 FROM reported r WHERE r.unit_id = u.id))
SELECT u.id AS unit_id, u.name AS unit, due.year AS year, e.kind,
       (SELECT r.last_year FROM reported r WHERE r.unit_id = u.id AND r.kind = e.kind) AS last_year_reported,
       u.on_roster, u.level, u.parent, u.contact, u.office
FROM due JOIN expected e JOIN units u ON u.id = e.unit_id
WHERE NOT EXISTS (SELECT 1 FROM reports r
                  WHERE r.unit_id = e.unit_id AND r.kind IS e.kind AND r.current = 1 AND r.year = due.year);
