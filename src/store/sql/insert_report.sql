INSERT INTO reports (unit_id, year, version, current, file_id, number, member, kind, verdict, source,
                     content_hash, errors_hash, order_ns, order_path, first_seen_at, recorded_at)
SELECT :unit, :year, 0, 0, :file, :number, :member, :kind, :verdict, :source,
       :content_hash, :errors_hash, :order_ns, :order_path, f.first_seen_at, :now
FROM files f WHERE f.id = :file
RETURNING id
