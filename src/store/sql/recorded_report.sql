SELECT u.name AS unit, r.year, r.version, r.current
FROM reports r JOIN units u ON u.id = r.unit_id WHERE r.id = :id
