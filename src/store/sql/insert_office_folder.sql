INSERT INTO office_folders (path, path_text, office, units_of)
VALUES (:path, :path_text, :office, :units_of)
