-- The freshness check and deleting old events by pg_cron, where no worker runs. Times are in UTC.
-- Jobs run as the role that made them: let it be an operator (lastgood grant ROLE --as operator).
-- Where cron.database_name is another database, use cron.schedule_in_database there.
select cron.schedule('lastgood-check', '0 */6 * * *', 'select lastgood.check_backup_freshness()');
select cron.schedule('lastgood-prune', '20 * * * *', 'select lastgood.prune_events()');
