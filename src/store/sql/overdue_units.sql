-- Units on the roster without a current report of the year, of the kind they have handed in before
-- if they have.
SELECT u.id, u.contact IS NOT NULL AS has_contact FROM units u
WHERE u.office = :office AND u.on_roster = 1
  AND (NOT EXISTS (SELECT 1 FROM reports r WHERE r.unit_id = u.id AND r.year = :year AND r.current = 1)
       OR EXISTS (SELECT 1 FROM reports b
                  WHERE b.unit_id = u.id AND b.year < :year AND b.current = 1
                    AND NOT EXISTS (SELECT 1 FROM reports r
                                    WHERE r.unit_id = u.id AND r.year = :year AND r.kind = b.kind AND r.current = 1)))
ORDER BY u.id
