INSERT INTO report_years (report_id, number, named_by, year)
SELECT :copy, number, named_by, year FROM report_years WHERE report_id = :id
