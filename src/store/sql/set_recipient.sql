UPDATE mail_recipients SET state = :state WHERE mail_id = :mail AND address = :address
