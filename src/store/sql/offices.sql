-- Each office once, from one to the next by the index: SELECT DISTINCT reads every unit.
WITH RECURSIVE offices (office) AS (
  SELECT min(office) FROM units
  UNION ALL
  SELECT (SELECT min(u.office) FROM units u WHERE u.office > o.office) FROM offices o WHERE o.office IS NOT NULL
)
SELECT office FROM offices WHERE office IS NOT NULL ORDER BY office
