SELECT x.name, coalesce(d.chinese, x.name) AS chinese
FROM pragma_table_info(:view) x
LEFT JOIN data_dictionary d ON d.object = :view AND d.kind = 'column' AND d.name = x.name
ORDER BY x.cid
