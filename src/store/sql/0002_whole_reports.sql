-- Everything that was read of a report stays with it, so that the rules of today can be applied to it
-- without its file.

ALTER TABLE reports ADD COLUMN whole INTEGER NOT NULL DEFAULT 0 -- 1: all that was read of it is recorded; 0: recorded by a gouji that did not keep all of it, only its file tells the rest
    CHECK (whole IN (0, 1));

-- One row is one table of the form that was found in a report. Written with the report.
CREATE TABLE report_tables (
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- order in the document, from 1
    table_id      TEXT NOT NULL,                    -- table of the form
    form          TEXT NOT NULL,                    -- id of the form it follows
    grids         TEXT NOT NULL,                    -- tables of the document it was found in, from 1, parted by commas
    PRIMARY KEY (report_id, number)
) STRICT, WITHOUT ROWID;

-- One row is one row in which a report's table and the form differ. Written with the report.
CREATE TABLE report_rows (
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- from 1
    standing      TEXT NOT NULL                     -- missing: of the form, not in the document; unknown: in the document, not of the form; heading: values in a row that should have none; unlabelled: its label is lost, told by the number of its values
                  CHECK (standing IN ('missing', 'unknown', 'heading', 'unlabelled')),
    table_id      TEXT NOT NULL,                    -- table of the form
    row_id        TEXT,                             -- row of the form; NULL: unknown and heading
    label         TEXT,                             -- label as printed; NULL: missing and unlabelled
    printed       TEXT,                             -- its values as printed, a JSON array of texts; NULL: missing and unlabelled
    PRIMARY KEY (report_id, number)
) STRICT, WITHOUT ROWID;

-- One row is one place of a report that names its year. Written with the report.
CREATE TABLE report_years (
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- from 1
    named_by      TEXT NOT NULL,                    -- which place, in Chinese, e.g. 标题
    year          INTEGER NOT NULL,                 -- the year it names
    PRIMARY KEY (report_id, number)
) STRICT, WITHOUT ROWID;

-- One row is one paragraph of a report's text, headings included, tables left out. Written with the report.
CREATE TABLE paragraphs (
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- order in the document, from 1
    text          TEXT NOT NULL,                    -- as printed
    PRIMARY KEY (report_id, number)
) STRICT, WITHOUT ROWID;

-- What can be told of reports recorded before: which tables they had.
INSERT INTO report_tables (report_id, number, table_id, form, grids)
SELECT c.report_id, row_number() OVER (PARTITION BY c.report_id ORDER BY min(c.place_table), c.table_id),
       c.table_id, r.form, min(c.place_table)
FROM cells c JOIN reports r ON r.id = c.report_id
WHERE r.form IS NOT NULL
GROUP BY c.report_id, c.table_id;
