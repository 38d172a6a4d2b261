SELECT name, sql FROM sqlite_schema WHERE type = 'view' AND instr(sql, :mark) > 0 ORDER BY name
