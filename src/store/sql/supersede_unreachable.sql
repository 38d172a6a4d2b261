-- Reminders about units that left the roster, or to those whose address did.
UPDATE notices SET state = 'superseded'
WHERE state = 'waiting' AND kind = 'overdue' AND unit_id IN (
    SELECT id FROM units u WHERE u.on_roster = 0 OR (u.contact IS NULL AND notices.audience LIKE 'unit:%'))
