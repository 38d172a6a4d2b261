UPDATE units SET name = :name, recognition = 'named', on_roster = 1, level = :level,
    parent = :parent, contact = :contact
WHERE id = :id
