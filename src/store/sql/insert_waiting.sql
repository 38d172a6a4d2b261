INSERT OR REPLACE INTO waiting (path, path_text, state, reason, detail, modified_at, since_at, next_try_at)
VALUES (:path, :path_text, :state, :reason, :detail, :modified_at, :since, :next_try_at)
