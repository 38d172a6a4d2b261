-- The report that counts of a unit, by any spelling of its name, with the year after it or apart; without a
-- year the latest.
SELECT r.id FROM reports r
WHERE r.current = 1 AND (:year IS NULL OR r.year = :year) AND r.unit_id IN (
    SELECT n.unit_id FROM unit_names n WHERE :unit IN (n.name, n.name || r.year)
    UNION SELECT u.id FROM units u WHERE :unit IN (u.name, u.name || r.year))
ORDER BY r.year DESC, r.id DESC LIMIT 1
