-- Ends a backup, locked by the caller, that lost its lease; false where that cannot be: it is told,
-- tried again, and keeps no other from being ended.
create or replace function lastgood.reap_backup(
  p_backup_id bigint,
  p_reason    text
)
  returns boolean
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform lastgood.end_backup(
    p_backup_id, 'FAILED', p_reason, format('The backup failed: %s.', p_reason)
  );
  return true;
exception
  when others then
    if lastgood.is_server_trouble(sqlstate) then
      raise;
    end if;
    perform lastgood.tell_hourly(9147, format(
      'lastgood could not end backup "%s" (%s), and goes on trying: %s.', b.name, b.backup_id,
      sqlerrm
    ), y.fqdn, s.scope)
    from lastgood.backup as b
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where b.backup_id = p_backup_id;
    return false;
end;
$$;

comment on function lastgood.reap_backup(bigint, text) is
  'Ends a backup that lost its lease; false where that failed.';
