INSERT INTO data_dictionary (object, name, kind, english, chinese, unit)
VALUES (:object, :name, :kind, :english, :chinese, :unit)
