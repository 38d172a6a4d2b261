INSERT INTO receipts (path, path_text, file_id, written_at, error)
VALUES (:path, :path_text, :file, :now, :error)
ON CONFLICT (path) DO UPDATE SET file_id = excluded.file_id, written_at = excluded.written_at,
    error = excluded.error
