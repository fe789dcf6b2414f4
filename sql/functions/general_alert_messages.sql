-- The alerts that belong to no system and are deserved now, with their texts: nothing has ever
-- reported, and systems report that are not watched because there are too many.
--
-- plpgsql, which plans it where it is called, and not with all that may call it.
create or replace function lastgood.general_alert_messages()
  returns table (log_type_name text, message text)
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select
    'ENGINE_NO_FULL_BACKUP' as log_type_name,
    'There is no full backup available: no system has ever reported one.'
      ' Data is at risk: please run engine-backup, or your own backup tool with a report to'
      ' lastgood, to prevent data loss in case of corruption.' as message
  from lastgood.setting
  where setting.check_period is not null
    and not exists (select from lastgood.system as s where s.retired_at is null)
  union all
  select
    'LASTGOOD_TOO_MANY_SYSTEMS' as log_type_name,
    format(
      'Reports came from %s systems that are not watched, because BackupAutoRegisterLimit is %s;'
        ' their data may be at risk. Raise it, or add them: lastgood system add FQDN.',
      c.unwatched, lastgood.get_config_value('BackupAutoRegisterLimit')
    ) as message
  from lastgood.check_summary as c
  where c.is_checked and c.unwatched > 0
    and lastgood.get_config_value('BackupAutoRegister') = 'true'
    and lastgood.get_config_value('BackupAutoRegisterLimit')::integer <= (
      select count(*)
      from lastgood.system as s
      where s.is_self_registered and s.retired_at is null
    );
end;
$$;

comment on function lastgood.general_alert_messages() is
  'The alerts, if any, that belong to no system and are deserved now: events and texts.';
