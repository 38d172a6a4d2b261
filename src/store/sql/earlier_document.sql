SELECT d.report_id, d.standing = 'copy' AS is_copy, r.unit_id, r.year, r.kind,
       u.recognition = 'unrecognised' AS is_unrecognised
FROM documents d JOIN reports r ON r.id = d.report_id JOIN units u ON u.id = r.unit_id
WHERE d.file_id = :file AND d.number = :number
