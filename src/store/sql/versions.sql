SELECT id, order_ns, first_seen_at, order_path, source, overtaken FROM reports
WHERE unit_id = :unit AND year IS :year AND kind = :kind
