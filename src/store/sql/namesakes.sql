SELECT DISTINCT other.id FROM unit_names mine
JOIN unit_names n ON n.reversed = mine.reversed AND n.role = 'printed'
JOIN units other ON other.id = n.unit_id AND other.office = :office AND other.recognition = 'named'
WHERE mine.unit_id = :unit AND mine.role = 'printed' AND other.id <> :unit
