UPDATE units SET on_roster = 0, level = NULL, parent = NULL, parent_id = NULL, contact = NULL
WHERE office = :office AND on_roster = 1
