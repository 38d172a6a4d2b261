-- A report whose text is that of another unit is found when it is recorded, not only where both are checked in one call.

-- One row is one of the longest sentences of a report's text, by which reports with the same text are found. Written with the report.
CREATE TABLE long_sentences (
    report_id     INTEGER NOT NULL REFERENCES reports (id) ON DELETE CASCADE, -- the report
    number        INTEGER NOT NULL,                 -- from 1
    hash          INTEGER NOT NULL,                 -- first 64 bits of the SHA-256 of kind, year and sentence, the names of the unit and of its years replaced by signs
    PRIMARY KEY (report_id, number)
) STRICT, WITHOUT ROWID;

CREATE INDEX long_sentences_hash ON long_sentences (hash);
