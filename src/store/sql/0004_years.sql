-- Reports are compared with those of the same unit and the year before.

ALTER TABLE reports ADD COLUMN own_errors_hash TEXT NOT NULL DEFAULT ''; -- as errors_hash, of what the report shows by itself: tells copies from versions
ALTER TABLE reports ADD COLUMN beside INTEGER NOT NULL DEFAULT 0 -- 1: it was compared with the report of the year before
    CHECK (beside IN (0, 1));
UPDATE reports SET own_errors_hash = errors_hash;

ALTER TABLE findings ADD COLUMN basis TEXT NOT NULL DEFAULT 'report' -- what it rests on: the report by itself; years: the report and that of the year before, written anew when one of them changes
    CHECK (basis IN ('report', 'years'));

ALTER TABLE notices ADD COLUMN told TEXT; -- what its mail told of the report: errors and causes, JSON; NULL: no errors, no mail yet, or told by a gouji that did not keep it
