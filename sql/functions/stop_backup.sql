-- Fails the backup of an execution where it still runs, so that nobody can seal it any more;
-- returns the state that it is in then. One that is being sealed is waited for: it counts.
create or replace function lastgood.stop_backup(
  p_backup_id bigint,
  p_reason    text
)
  returns text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_backup_id is null then
    return null;
  end if;
  perform
  from lastgood.backup as b
  where b.backup_id = p_backup_id and b.state = 'RUNNING'
  for no key update;
  if found then
    perform lastgood.end_backup(
      p_backup_id, 'FAILED', p_reason, format('The backup failed: %s.', p_reason)
    );
    return 'FAILED';
  end if;
  return (
    select b.state
    from lastgood.backup as b
    where b.backup_id = p_backup_id
  );
end;
$$;

comment on function lastgood.stop_backup(bigint, text) is
  'Fails the backup of an execution where it still runs; returns its state.';
