-- Removes lastgood from this database. Lost for good: every event, alert, system and setting, and
-- the catalogue of backups; their bytes stay at their providers.
-- Roles are left, and so are their search_path settings:
-- "alter role … in database … reset search_path".
drop schema if exists lastgood_queue cascade;
drop schema if exists lastgood_report cascade;
drop schema if exists lastgood cascade;
