-- Every unit of an office that goes by a name, with the names its reports printed and those it has
-- on the roster.
SELECT u.id, u.on_roster, n.plain, 0 AS listed
FROM units u JOIN unit_names n ON n.unit_id = u.id AND n.role = 'printed'
WHERE u.office = :office AND u.recognition <> 'unrecognised'
UNION
SELECT u.id, u.on_roster, n.plain, 1
FROM units u JOIN roster_names n ON n.unit_id = u.id AND n.role = 'own'
WHERE u.office = :office
