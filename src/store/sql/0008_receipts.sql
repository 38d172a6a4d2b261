-- Receipts beside reports: which are to be written, and which could not.

-- One row is one file whose receipt is out of date. Written by the triggers below, in the transaction that
-- changes what the receipt says; removed when it is written.
CREATE TABLE receipts_due (
    file_id       INTEGER PRIMARY KEY REFERENCES files (id) ON DELETE CASCADE, -- the file
    times         INTEGER NOT NULL                  -- how often it has become so: what changes while it is written makes it due again
) STRICT;

-- One row is one receipt. Written after the attempt.
CREATE TABLE receipts (
    path          BLOB PRIMARY KEY,                 -- the bytes of the path of the receipt
    path_text     TEXT NOT NULL,                    -- the same for people
    file_id       INTEGER NOT NULL REFERENCES files (id) ON DELETE CASCADE, -- the file it is about
    written_at    INTEGER NOT NULL,                 -- when it was written, or could not be
    error         TEXT                              -- why it could not be written, in English; NULL: it is there
) STRICT, WITHOUT ROWID;
CREATE INDEX receipts_in_trouble ON receipts (file_id) WHERE error IS NOT NULL;

CREATE TRIGGER receipt_of_verdict AFTER UPDATE OF recorded_at ON files
WHEN NEW.verdict IS NOT NULL BEGIN
    INSERT INTO receipts_due (file_id, times) VALUES (NEW.id, 1)
    ON CONFLICT (file_id) DO UPDATE SET times = times + 1;
END;
CREATE TRIGGER receipt_of_place AFTER INSERT ON paths BEGIN
    INSERT INTO receipts_due (file_id, times) VALUES (NEW.file_id, 1)
    ON CONFLICT (file_id) DO UPDATE SET times = times + 1;
END;
CREATE TRIGGER receipt_of_content AFTER UPDATE OF file_id ON paths
WHEN NEW.file_id <> OLD.file_id BEGIN
    INSERT INTO receipts_due (file_id, times) VALUES (NEW.file_id, 1)
    ON CONFLICT (file_id) DO UPDATE SET times = times + 1;
END;
CREATE TRIGGER receipt_of_finding AFTER INSERT ON findings BEGIN
    INSERT INTO receipts_due (file_id, times)
    SELECT DISTINCT file_id, 1 FROM documents WHERE report_id = NEW.report_id
    ON CONFLICT (file_id) DO UPDATE SET times = times + 1;
END;
CREATE TRIGGER receipt_of_settled AFTER DELETE ON findings BEGIN
    INSERT INTO receipts_due (file_id, times)
    SELECT DISTINCT file_id, 1 FROM documents WHERE report_id = OLD.report_id
    ON CONFLICT (file_id) DO UPDATE SET times = times + 1;
END;

-- What was recorded before there were receipts gets one when they are switched on.
INSERT INTO receipts_due (file_id, times) SELECT id, 1 FROM files WHERE verdict IS NOT NULL;
