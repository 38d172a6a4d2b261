-- The + keeps SQLite from walking through all notices of this kind.
UPDATE notices SET state = 'superseded'
WHERE state = 'waiting' AND +kind = 'overdue' AND unit_id = :unit AND year = :year
