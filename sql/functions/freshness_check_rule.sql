-- When the freshness check is due, as an RFC 5545 rule for the scheduler; null while it is off.
create or replace function lastgood.freshness_check_rule()
  returns text
  language sql
  stable
begin atomic
  select case c.value
    when '-1' then null
    else 'FREQ=HOURLY;INTERVAL=' || c.value
  end
  from lastgood.backup_config as c
  where c.name = 'BackupCheckPeriodInHours';
end;

comment on function lastgood.freshness_check_rule() is
  'The recurrence rule of the freshness check, from BackupCheckPeriodInHours; null when it is off.';
