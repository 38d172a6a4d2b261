-- The + keeps SQLite from walking through all notices of these kinds.
UPDATE notices SET state = 'superseded'
WHERE state = 'waiting' AND +kind IN ('failed', 'still_failing', 'corrected') AND report_id IN (
    SELECT id FROM reports WHERE unit_id = :unit AND year IS :year AND kind = :kind)
