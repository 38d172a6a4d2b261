-- `kind IN ('number', 'blank', 'placeholder', 'text')` in a CHECK makes SQLite build a temporary table of the list for
-- every row that is written, which cost most of the time of writing a report: two hundred cells. The same said with
-- comparisons. Rows are not touched: only the text of the constraints is replaced, in the way that
-- https://www.sqlite.org/lang_altertable.html (7., "not affecting the on-disk content") describes.
PRAGMA writable_schema = ON;

UPDATE sqlite_schema
SET sql = replace(replace(sql,
        'CHECK (kind IN (''number'', ''blank'', ''placeholder'', ''text''))',
        'CHECK (kind = ''number'' OR kind = ''blank'' OR kind = ''placeholder'' OR kind = ''text'')'),
        'CHECK (typeof(value) IN (''integer'', ''real'', ''null''))',
        'CHECK (value IS NULL OR typeof(value) = ''integer'' OR typeof(value) = ''real'')')
WHERE type = 'table' AND name = 'cells';

-- Other connections, and this one, read the schema again when its number has changed: a change of the usual kind does that.
CREATE TABLE schema_changed (changed INTEGER) STRICT;
DROP TABLE schema_changed;
PRAGMA writable_schema = RESET;
