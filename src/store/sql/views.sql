SELECT m.name, coalesce(d.chinese, m.name) AS chinese
FROM sqlite_schema m LEFT JOIN data_dictionary d ON d.object = m.name AND d.kind = 'view' AND d.name = ''
WHERE m.type = 'view' ORDER BY m.name
