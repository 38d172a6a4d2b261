-- The report that counts of a unit, by any spelling of its name; without a year the latest.
SELECT r.id FROM reports r
WHERE r.current = 1 AND (:year IS NULL OR r.year = :year) AND r.unit_id IN (
    SELECT n.unit_id FROM unit_names n WHERE n.name = :unit
    UNION SELECT u.id FROM units u WHERE u.name = :unit)
ORDER BY r.year DESC, r.id DESC LIMIT 1
