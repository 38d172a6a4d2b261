INSERT INTO files (sha256, name, size_bytes, modified_at, modified_ns, first_seen_at)
VALUES (:sha256, :name, :size_bytes, :modified_at, :modified_ns, :now)
ON CONFLICT (sha256) DO NOTHING
