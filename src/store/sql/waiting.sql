SELECT path, state, reason, detail, modified_at, since_at, next_try_at
FROM waiting ORDER BY since_at, path_text
