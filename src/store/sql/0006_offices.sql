-- Several offices in one database, and reminders of what is overdue.

-- One row is one drop folder that belongs to an office of its own or, where there are such, to none.
-- Written from the configuration at start.
CREATE TABLE office_folders (
    path          BLOB PRIMARY KEY,                 -- the bytes of the absolute path
    path_text     TEXT NOT NULL,                    -- the same for people
    office        TEXT NOT NULL,                    -- the office that hears of what lies in it; empty: that of [mail] to
    units_of      TEXT NOT NULL                     -- the office among whose units those of its reports are; empty: that of [units]
) STRICT, WITHOUT ROWID;

ALTER TABLE notices ADD COLUMN audience TEXT NOT NULL DEFAULT 'office:'; -- whom it is for: office:<name> (of no name: that of [mail] to), administrator, unit:<id> (the unit itself)
UPDATE notices SET audience = 'administrator' WHERE kind = 'administrator';
ALTER TABLE mails ADD COLUMN audience TEXT NOT NULL DEFAULT 'office:';   -- whom it is for, as in notices
UPDATE mails SET audience = 'administrator' WHERE id IN (SELECT mail_id FROM notices WHERE kind = 'administrator');
CREATE INDEX mails_by_audience ON mails (audience, created_at);
