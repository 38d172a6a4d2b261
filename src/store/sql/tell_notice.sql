UPDATE notices SET state = 'in_mail', mail_id = :mail WHERE id = :id AND state = 'waiting'
