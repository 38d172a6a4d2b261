INSERT INTO mail_recipients (mail_id, number, address, state) VALUES (:mail, :number, :address, 'open')
