SELECT r.unit_id
FROM documents d JOIN reports r ON r.id = d.report_id JOIN units u ON u.id = r.unit_id
WHERE d.file_id = :file AND d.member = :member AND u.recognition = 'unrecognised'
