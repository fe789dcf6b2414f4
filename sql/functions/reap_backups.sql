-- Ends backups and restores whose lease ran out: whoever made them is gone. Those of executions
-- live and end with these. Safe at any time, by any number of sessions at once; returns the
-- backups. One that cannot be ended stops no other.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.reap_backups()
  returns setof bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  c_reason    constant text := 'its lease ran out: whoever ran it is gone';
  v_backup_id bigint;
begin
  perform lastgood.reap_executions();
  update lastgood.restore as r
  set state = 'FAILED', ended_at = clock_timestamp(), lease_until = null, token = null,
    reason = c_reason
  where r.restore_id in (
    select o.restore_id
    from lastgood.restore as o
    where o.state = 'RUNNING' and o.lease_until < clock_timestamp()
    for no key update skip locked
  );
  for v_backup_id in
    select b.backup_id
    from lastgood.backup as b
    where b.state = 'RUNNING' and b.lease_until < clock_timestamp() and not exists (
      select
      from lastgood.execution as e
      where e.backup_id = b.backup_id and e.state = 'RUNNING'
    )
    order by b.backup_id
    for no key update skip locked
  loop
    if lastgood.reap_backup(v_backup_id, c_reason) then
      return next v_backup_id;
    end if;
  end loop;
end;
$$;

comment on function lastgood.reap_backups() is
  'Ends backups and restores whose lease ran out; returns the backups.';
