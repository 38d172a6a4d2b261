-- The units that only scans told of are looked up with every new unit; without an index every unit was looked at.
CREATE INDEX reports_recognised ON reports (unit_id) WHERE source = 'ocr';
