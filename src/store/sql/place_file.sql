INSERT INTO paths (path, path_text, file_id, device, inode, size_bytes, modified_ns, changed_ns, seen_at)
VALUES (:path, :path_text, :file_id, :device, :inode, :size_bytes, :modified_ns, :changed_ns, :now)
ON CONFLICT (path) DO UPDATE SET
    seen_at = CASE WHEN file_id = excluded.file_id THEN seen_at ELSE excluded.seen_at END,
    file_id = excluded.file_id, device = excluded.device, inode = excluded.inode,
    size_bytes = excluded.size_bytes, modified_ns = excluded.modified_ns,
    changed_ns = excluded.changed_ns, withdrawn_at = NULL
