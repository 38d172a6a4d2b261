SELECT p.path, p.device, p.inode, p.size_bytes, p.modified_ns, p.changed_ns, f.sha256, f.verdict,
       p.withdrawn_at IS NOT NULL AS withdrawn
FROM paths p JOIN files f ON f.id = p.file_id ORDER BY p.path
