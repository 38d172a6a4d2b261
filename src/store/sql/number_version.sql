UPDATE reports SET version = :version, current = :current
WHERE id = :id AND (version <> :version OR current <> :current)
