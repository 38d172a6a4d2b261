-- Files that could not be read for want of a program are read again once it is there.

ALTER TABLE files ADD COLUMN lacked_program INTEGER NOT NULL DEFAULT 0 -- 1: to be read it takes a program that was missing: tesseract, for scans
    CHECK (lacked_program IN (0, 1));
