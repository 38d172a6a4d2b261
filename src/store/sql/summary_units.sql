SELECT u.id AS unit_id, u.name, r.id AS report_id, r.current, r.content_hash, r.source
FROM units g
JOIN units u ON u.parent_id = g.id AND u.on_roster = 1
LEFT JOIN reports r ON r.unit_id = u.id AND r.year = :year AND r.kind = :kind AND r.overtaken = 0
WHERE g.id = :unit AND g.on_roster = 1 AND g.level = 'government'
ORDER BY u.id, r.current DESC, r.version
