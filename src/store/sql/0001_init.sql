-- gouji: the first schema. Append only: a change is a new file.
-- Times are Unix seconds (UTC) in columns ending _at; the views show them as local ISO times.
-- Booleans are 0 or 1. Everything else that has states has words.

-- One row is one reporting unit (a township, a department …). Written when its first report is recorded.
CREATE TABLE units (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT NOT NULL,                    -- as printed, the longest spelling met
    recognition   TEXT NOT NULL                     -- named: by what its reports print; ambiguous: a bare name that fits several units; unrecognised: no name found, never merged with another
                  CHECK (recognition IN ('named', 'ambiguous', 'unrecognised')),
    created_at    INTEGER NOT NULL                  -- when it was met first
) STRICT;

-- One row is one spelling of a unit's name. Written with the report that prints it.
CREATE TABLE unit_names (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    unit_id       INTEGER NOT NULL REFERENCES units (id) ON DELETE CASCADE, -- the unit
    name          TEXT NOT NULL,                    -- as printed
    role          TEXT NOT NULL                     -- printed: the name a report goes by; other: another spelling in the same document, which decides nothing
                  CHECK (role IN ('printed', 'other')),
    plain         TEXT NOT NULL,                    -- without white space, brackets and words such as 人民政府: what is compared
    reversed      TEXT NOT NULL,                    -- plain read backwards, so that the index finds names by their ends
    UNIQUE (unit_id, name, role)
) STRICT;
CREATE INDEX unit_names_by_end ON unit_names (reversed);

-- One row is one distinct content (SHA-256), wherever it lies. Written before its bytes are read, completed with the verdict.
CREATE TABLE files (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256        TEXT NOT NULL UNIQUE              -- hash of the bytes, lower-case hexadecimal
                  CHECK (length(sha256) = 64),
    name          TEXT NOT NULL,                    -- file name at first sight, for people: bytes in GBK decoded, control characters spelled out
    size_bytes    INTEGER NOT NULL,                 -- size
    modified_at   INTEGER NOT NULL,                 -- modification time at first sight
    modified_ns   INTEGER NOT NULL,                 -- the same in nanoseconds: orders versions saved within one second
    first_seen_at INTEGER NOT NULL,                 -- when gouji saw it first
    attempts      INTEGER NOT NULL DEFAULT 0,       -- readings begun since the last verdict
    attempted_at  INTEGER,                          -- when the last reading began; NULL: recorded without one
    verdict       TEXT                              -- of the whole file; of a bundle the gravest; NULL: none yet
                  CHECK (verdict IN ('passed', 'failed', 'unreadable', 'unrecognised', 'ignored')),
    reason        TEXT,                             -- in Chinese, why it was not read or is no report; NULL: it is one
    detail        TEXT,                             -- the same for the administrator, in English; NULL: nothing to add
    reader        TEXT,                             -- version of gouji that read it; NULL: no verdict yet
    recorded_at   INTEGER                           -- when the verdict was recorded; NULL: none yet
) STRICT;

-- One row is one path under a drop folder, present or vanished. Written by every scan that finds something new there.
CREATE TABLE paths (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    path          BLOB NOT NULL UNIQUE,             -- the bytes of the absolute path
    path_text     TEXT NOT NULL,                    -- the same for people: bytes in GBK decoded, control characters spelled out
    file_id       INTEGER NOT NULL REFERENCES files (id), -- the content it has, or had last
    device        INTEGER NOT NULL,                 -- device number; this and the next four tell whether it changed
    inode         INTEGER NOT NULL,                 -- inode number
    size_bytes    INTEGER NOT NULL,                 -- size
    modified_ns   INTEGER NOT NULL,                 -- modification time, nanoseconds since 1970
    changed_ns    INTEGER NOT NULL,                 -- change time of the inode, nanoseconds since 1970
    seen_at       INTEGER NOT NULL,                 -- when this content was first seen at this path
    withdrawn_at  INTEGER                           -- when it was found to be gone; NULL: present
) STRICT;
CREATE INDEX paths_by_file ON paths (file_id);

-- One row is one version of one unit's report of one year. Written with the verdict, in the same transaction.
CREATE TABLE reports (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    unit_id       INTEGER NOT NULL REFERENCES units (id), -- the unit
    year          INTEGER,                          -- report year; NULL: not found
    version       INTEGER NOT NULL,                 -- from 1, in the order of modification time, first sight, path; content that replaced another at its path comes after it
    current       INTEGER NOT NULL                  -- 1: the version that counts, one for each unit, kind and year
                  CHECK (current IN (0, 1)),
    file_id       INTEGER NOT NULL REFERENCES files (id), -- the file it was read from
    number        INTEGER NOT NULL,                 -- which document of that file, from 1
    member        TEXT NOT NULL,                    -- path inside a bundle, or number of the report in a file of several; empty: the file itself
    kind          TEXT NOT NULL,                    -- kind of report: the title its forms share
    form          TEXT,                             -- id of the form its tables follow; NULL: no table found
    form_sha256   TEXT,                             -- hash of that form's text, so that an old verdict can be explained; NULL: as form
    verdict       TEXT NOT NULL                     -- failed: it has an error-level finding
                  CHECK (verdict IN ('passed', 'failed')),
    unit_printed  TEXT,                             -- the unit as printed; NULL: not found
    title         TEXT,                             -- the title as printed; NULL: none
    period_from   TEXT,                             -- first day the figures cover, ISO date; NULL: not stated
    period_to     TEXT,                             -- last day the figures cover, ISO date; NULL: not stated
    published     TEXT,                             -- the report's own date, ISO; NULL: not found
    source        TEXT NOT NULL                     -- text: the file's own text; ocr: recognised from an image
                  CHECK (source IN ('text', 'ocr')),
    format        TEXT,                             -- file format by content, e.g. docx; NULL: unknown
    content_hash  TEXT NOT NULL,                    -- of year, cells and figures in the text: equal to the current version's, it is a copy
    errors_hash   TEXT NOT NULL,                    -- of the error-level findings: the same errors need no second long mail
    order_ns      INTEGER NOT NULL,                 -- modification time at first sight, nanoseconds; that of the content it replaced at its path if later
    order_path    BLOB NOT NULL,                    -- path and member at first sight: orders what has equal times
    overtaken     INTEGER NOT NULL DEFAULT 0        -- 1: names no unit or no year, and its file was replaced at its path: never current
                  CHECK (overtaken IN (0, 1)),
    first_seen_at INTEGER NOT NULL,                 -- when gouji saw it first
    recorded_at   INTEGER NOT NULL                  -- when this verdict was recorded
) STRICT;
CREATE INDEX reports_by_unit ON reports (unit_id, year, version);
CREATE INDEX reports_by_file ON reports (file_id);
CREATE UNIQUE INDEX reports_one_current ON reports (unit_id, kind, year) WHERE current = 1 AND year IS NOT NULL;

-- One row is one document of a file: the file itself, a member of a bundle, one of several reports in a file. Written with the verdict.
CREATE TABLE documents (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    file_id       INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, -- the file
    number        INTEGER NOT NULL,                 -- from 1
    member        TEXT NOT NULL,                    -- as in reports
    verdict       TEXT NOT NULL                     -- what became of it
                  CHECK (verdict IN ('passed', 'failed', 'unreadable', 'unrecognised', 'ignored')),
    reason        TEXT,                             -- in Chinese, why it was not read or is no report; NULL: it is one
    detail        TEXT,                             -- the same for the administrator, in English; NULL: nothing to add
    report_id     INTEGER REFERENCES reports (id) ON DELETE SET NULL, -- the version it is, or is a copy of; NULL: no report
    standing      TEXT                              -- version: a version of its own; copy: says what the current version said; NULL: no report
                  CHECK (standing IN ('version', 'copy')),
    UNIQUE (file_id, number)
) STRICT;
CREATE INDEX documents_by_report ON documents (report_id);

-- One row is one heading of a report's text with what stands below it. Written with the report.
CREATE TABLE sections (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- order in the document, from 1
    section       TEXT,                             -- the form's section id, e.g. overview; NULL: the form does not know it
    heading       TEXT NOT NULL,                    -- as printed, number included
    text          TEXT NOT NULL,                    -- paragraphs below it, tables left out
    picture       INTEGER NOT NULL CHECK (picture IN (0, 1)), -- 1: an image stands below it
    UNIQUE (report_id, number)
) STRICT;

-- One row is one cell of a report's tables. Written with the report; never altered by hand or repair.
CREATE TABLE cells (
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    table_id      TEXT NOT NULL,                    -- table of the form, e.g. requests
    row_id        TEXT NOT NULL,                    -- row of the form
    column_id     TEXT NOT NULL,                    -- column of the form
    value         ANY,                              -- for spreadsheets: INTEGER, or REAL where it has decimals; NULL: blank, placeholder or text
    text          TEXT,                             -- the exact decimal, or the words of kind text; NULL: blank or placeholder
    unit          TEXT,                             -- unit of the value: in the cell, else in the header, else the form's; NULL: unknown
    kind          TEXT NOT NULL                     -- placeholder: / - — 无 and the like; text: no number can be read out of it
                  CHECK (kind IN ('number', 'blank', 'placeholder', 'text')),
    raw           TEXT NOT NULL,                    -- as printed
    unit_printed  TEXT,                             -- unit written in the cell itself; NULL: none
    place         TEXT NOT NULL,                    -- where it stands in the document, in Chinese: 第2表第5行第3列（第1页）
    place_table   INTEGER NOT NULL,                 -- table of the document, from 1
    place_row     INTEGER NOT NULL,                 -- row of that table, from 1
    place_column  INTEGER NOT NULL,                 -- column of that table, from 1
    place_page    INTEGER,                          -- page, from 1; NULL: the format knows no pages
    ocr           INTEGER NOT NULL CHECK (ocr IN (0, 1)),      -- 1: recognised from an image
    doubtful      INTEGER NOT NULL CHECK (doubtful IN (0, 1)), -- 1: recognised, and not surely right
    PRIMARY KEY (report_id, table_id, row_id, column_id),
    CHECK ((kind = 'number') = (value IS NOT NULL)),
    CHECK (typeof(value) IN ('integer', 'real', 'null'))
) STRICT, WITHOUT ROWID;

-- One row is one explanation of findings: the cells that are probably wrong. Written with the report.
CREATE TABLE causes (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- within the report, from 1
    slip          TEXT,                             -- kind of slip, e.g. digits-swapped; NULL: none recognised
    certain       INTEGER NOT NULL CHECK (certain IN (0, 1)), -- 1: no other set of cells is as small
    message       TEXT NOT NULL,                    -- the sentence for the office
    UNIQUE (report_id, number)
) STRICT;

-- One row is one cell of a cause, or of an alternative to it, with the value that would repair it.
CREATE TABLE cause_cells (
    cause_id      INTEGER NOT NULL REFERENCES causes (id) ON DELETE CASCADE, -- the cause
    alternative   INTEGER NOT NULL,                 -- 0: the cause itself; from 1: another set just as small
    number        INTEGER NOT NULL,                 -- order within the set, from 1
    table_id      TEXT NOT NULL,                    -- the cell
    row_id        TEXT NOT NULL,                    -- the cell
    column_id     TEXT NOT NULL,                    -- the cell
    read          TEXT,                             -- exact decimal that was read; NULL: blank
    repaired      TEXT NOT NULL,                    -- exact decimal that makes the equations hold
    PRIMARY KEY (cause_id, alternative, number)
) STRICT, WITHOUT ROWID;

-- One row is one failed check of a report. Written with the report.
CREATE TABLE findings (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- order, gravest kinds first, from 1
    rule          TEXT NOT NULL,                    -- rule id, e.g. requests-balance
    severity      TEXT NOT NULL                     -- error: must be corrected; warning: confirm or explain; info: worth knowing
                  CHECK (severity IN ('error', 'warning', 'info')),
    place         TEXT NOT NULL,                    -- what it speaks of: a cell, requests.*.total, section.overview, report …
    left_value    TEXT,                             -- left side of the rule as written, exact decimal; NULL: the rule has no sides
    right_value   TEXT,                             -- right side of the rule as written, exact decimal; NULL: the rule has no sides
    cause_id      INTEGER REFERENCES causes (id),   -- what explains it; NULL: nothing does
    quote         TEXT,                             -- the sentence of the text it speaks of, verbatim; NULL: none
    message       TEXT NOT NULL,                    -- the sentence for the office
    source        TEXT NOT NULL,                    -- clause, note or line of the official form behind the rule
    UNIQUE (report_id, number)
) STRICT;
CREATE INDEX findings_by_cause ON findings (cause_id);

-- One row is one cell that stands in a finding.
CREATE TABLE finding_cells (
    finding_id    INTEGER NOT NULL REFERENCES findings (id) ON DELETE CASCADE, -- the finding
    number        INTEGER NOT NULL,                 -- order in the rule, from 1
    table_id      TEXT NOT NULL,                    -- the cell
    row_id        TEXT NOT NULL,                    -- the cell
    column_id     TEXT NOT NULL,                    -- the cell
    PRIMARY KEY (finding_id, number)
) STRICT, WITHOUT ROWID;

-- One row is one message of the outbox. Composed once; from then on only its delivery changes.
CREATE TABLE mails (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id      TEXT NOT NULL UNIQUE,           -- Message-ID header: the same at every attempt
    subject         TEXT NOT NULL,                  -- for people
    message         BLOB NOT NULL,                  -- the whole message as it goes over the wire
    state           TEXT NOT NULL                   -- queued: to be sent; given_up: some recipient will not get it
                    CHECK (state IN ('queued', 'sent', 'given_up')),
    attempts        INTEGER NOT NULL DEFAULT 0,     -- attempts begun
    created_at      INTEGER NOT NULL,               -- when it was composed
    queued_at       INTEGER NOT NULL,               -- when it was put into the queue, at first or again: its age counts from here
    next_attempt_at INTEGER NOT NULL,               -- when it is due
    finished_at     INTEGER,                        -- when it was sent or given up; NULL: queued
    last_error      TEXT                            -- what the server said last; NULL: nothing yet
) STRICT;
CREATE INDEX mails_queued ON mails (next_attempt_at) WHERE state = 'queued';

-- One row is one envelope recipient of a mail.
CREATE TABLE mail_recipients (
    mail_id       INTEGER NOT NULL REFERENCES mails (id) ON DELETE CASCADE, -- the mail
    number        INTEGER NOT NULL,                 -- from 1
    address       TEXT NOT NULL,                    -- address
    state         TEXT NOT NULL                     -- open: has not got it yet; failed: refused for good
                  CHECK (state IN ('open', 'sent', 'failed')),
    PRIMARY KEY (mail_id, number)
) STRICT, WITHOUT ROWID;

-- One row is something that people are told once. Written in the transaction that records what it tells.
CREATE TABLE notices (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    kind          TEXT NOT NULL                     -- what it is about
                  CHECK (kind IN ('failed', 'still_failing', 'corrected', 'unreadable', 'unrecognised', 'overdue', 'administrator')),
    key           TEXT NOT NULL,                    -- report version and hash of its errors; hash of the file; condition and its start: what makes it the same notice
    state         TEXT NOT NULL                     -- waiting: not yet in a mail; superseded: overtaken before it was in one
                  CHECK (state IN ('waiting', 'in_mail', 'superseded')),
    first_scan    INTEGER NOT NULL CHECK (first_scan IN (0, 1)), -- 1: found by the first scan of a new database, told in its digest
    queued_at     INTEGER NOT NULL,                 -- when it was queued
    report_id     INTEGER REFERENCES reports (id) ON DELETE SET NULL, -- the report it is about; NULL: about none, or it was read again as another
    unit_id       INTEGER REFERENCES units (id),    -- the unit it is about; NULL: about none
    year          INTEGER,                          -- the report year it is about; NULL: none or not found
    file_id       INTEGER REFERENCES files (id),    -- the file it is about; NULL: not read yet, or about none
    member        TEXT NOT NULL,                    -- the document of that file, as in documents; empty: the file itself
    path          BLOB,                             -- path of a file that could not be opened; NULL: file_id tells
    file_at       INTEGER,                          -- modification time of that file; NULL: as path, or unknown
    reason        TEXT,                             -- in Chinese: why the file was not read; what the condition is about; NULL: the report tells
    detail        TEXT,                             -- for the administrator, in English; NULL: nothing to add
    errors_hash   TEXT,                             -- hash of the error-level findings it tells; NULL: about no report
    answers_id    INTEGER REFERENCES notices (id),  -- the notice about other content at the same path that this one answers; NULL: none
    mail_id       INTEGER REFERENCES mails (id),    -- the mail that tells it; NULL: none yet
    UNIQUE (kind, key)
) STRICT;
CREATE INDEX notices_waiting ON notices (queued_at) WHERE state = 'waiting';
CREATE INDEX notices_by_unit ON notices (unit_id, year);
CREATE INDEX notices_by_report ON notices (report_id);
CREATE INDEX notices_by_file ON notices (file_id);
CREATE INDEX notices_by_mail ON notices (mail_id);
CREATE INDEX notices_by_path ON notices (path) WHERE path IS NOT NULL;
CREATE INDEX notices_by_answer ON notices (answers_id) WHERE answers_id IS NOT NULL;

-- One row is one file that is not ready to be read. Replaced by every scan.
CREATE TABLE waiting (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    path          BLOB NOT NULL UNIQUE,             -- the bytes of the absolute path
    path_text     TEXT NOT NULL,                    -- the same for people
    state         TEXT NOT NULL                     -- what it waits for
                  CHECK (state IN ('settling', 'incomplete', 'locked', 'permission', 'reader')),
    reason        TEXT NOT NULL,                    -- in Chinese
    detail        TEXT,                             -- for the administrator, in English; NULL: nothing to add
    modified_at   INTEGER,                          -- modification time; NULL: could not be asked
    since_at      INTEGER NOT NULL,                 -- since when it waits for this
    next_try_at   INTEGER                           -- when it is tried again; NULL: at the next scan
) STRICT;

-- One row is a fact about this database itself. Written by gouji.
CREATE TABLE facts (
    name          TEXT PRIMARY KEY,                 -- created_at, first_scan_ended_at (absent until the first scan of a new database has ended), dictionary
    value         ANY NOT NULL                      -- Unix seconds, or a hash
) STRICT, WITHOUT ROWID;

-- One row explains one table, view, column or cell of this database. Written at start from the schema and the forms.
CREATE TABLE data_dictionary (
    object        TEXT NOT NULL,                    -- table or view; of a cell its table in the form
    name          TEXT NOT NULL,                    -- column; of a cell its id; empty: the object itself
    kind          TEXT NOT NULL                     -- what is explained
                  CHECK (kind IN ('table', 'view', 'column', 'cell')),
    english       TEXT NOT NULL,                    -- meaning in English
    chinese       TEXT NOT NULL,                    -- meaning in Chinese; of a cell its official label
    unit          TEXT,                             -- unit of a cell; NULL: none, or the form prints none
    PRIMARY KEY (object, kind, name)
) STRICT, WITHOUT ROWID;

-- The version that counts of every unit and year, with its file.
CREATE VIEW current_reports AS
SELECT r.id AS report_id, u.name AS unit, r.year, r.version, r.kind, r.form, r.verdict,
       CASE WHEN r.member = '' THEN f.name ELSE f.name || '!' || r.member END AS file,
       r.source, r.title, r.published,
       (SELECT count(*) FROM findings x WHERE x.report_id = r.id AND x.severity = 'error') AS errors,
       (SELECT count(*) FROM findings x WHERE x.report_id = r.id AND x.severity = 'warning') AS warnings,
       strftime('%Y-%m-%dT%H:%M:%S', r.first_seen_at, 'unixepoch', 'localtime') AS first_seen_at,
       strftime('%Y-%m-%dT%H:%M:%S', r.recorded_at, 'unixepoch', 'localtime') AS recorded_at,
       NOT EXISTS (SELECT 1 FROM documents d JOIN paths p ON p.file_id = d.file_id
                   WHERE d.report_id = r.id AND p.withdrawn_at IS NULL) AS withdrawn,
       r.unit_id, r.file_id
FROM reports r JOIN units u ON u.id = r.unit_id JOIN files f ON f.id = r.file_id
WHERE r.current = 1;

-- Current reports with an error-level finding.
CREATE VIEW failing_reports AS
SELECT report_id, unit, year, version, form, file, errors, warnings, first_seen_at, recorded_at
FROM current_reports WHERE verdict = 'failed';

-- What was found in current reports, with what probably explains it.
CREATE VIEW open_findings AS
SELECT x.id AS finding_id, c.report_id, c.unit, c.year, c.version, x.severity, x.rule, x.place,
       x.left_value, x.right_value, x.message, k.message AS cause, x.quote, x.source, c.file, c.recorded_at
FROM findings x JOIN current_reports c ON c.report_id = x.report_id LEFT JOIN causes k ON k.id = x.cause_id;

-- Units that have handed in before and not yet for the last calendar year.
CREATE VIEW missing_reports AS
WITH due (year) AS (SELECT CAST(strftime('%Y', 'now', 'localtime') AS INTEGER) - 1)
SELECT u.id AS unit_id, u.name AS unit, due.year AS year, r.kind, max(r.year) AS last_year_reported
FROM due JOIN reports r ON r.current = 1 JOIN units u ON u.id = r.unit_id
WHERE u.recognition <> 'unrecognised'
GROUP BY u.id, r.kind
HAVING NOT max(coalesce(r.year = due.year, 0));

-- Mails with their recipients and what became of them.
CREATE VIEW mail_log AS
SELECT m.id AS mail_id, m.subject, m.state, m.attempts,
       (SELECT group_concat(p.address, '; ') FROM mail_recipients p WHERE p.mail_id = m.id) AS recipients,
       (SELECT group_concat(p.address, '; ') FROM mail_recipients p WHERE p.mail_id = m.id AND p.state <> 'sent') AS not_delivered,
       strftime('%Y-%m-%dT%H:%M:%S', m.created_at, 'unixepoch', 'localtime') AS created_at,
       strftime('%Y-%m-%dT%H:%M:%S', m.finished_at, 'unixepoch', 'localtime') AS finished_at,
       CASE m.state WHEN 'queued' THEN strftime('%Y-%m-%dT%H:%M:%S', m.next_attempt_at, 'unixepoch', 'localtime') END AS next_attempt_at,
       m.last_error
FROM mails m;
