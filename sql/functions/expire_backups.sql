-- Begins to delete the backups that a schedule keeps no longer, and those again whose deletion
-- failed; what somebody began to need meanwhile stays. Returns them, and all copies of the
-- schedule whose bytes are to be removed, those of failed backups too. Safe to repeat; of two
-- sessions at once, each backup goes to one. Raises LG074.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.expire_backups(p_schedule_id bigint)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_schedule_id bigint := lastgood.find_schedule(p_schedule_id::text);
  v_name        text;
  v_going       record;
  v_expired     jsonb := jsonb '[]';
  v_copies      jsonb;
begin
  select c.name
  into v_name
  from lastgood.schedule as c
  join lastgood.source as s on s.source_id = c.source_id
  where c.schedule_id = v_schedule_id
  for no key update of s;
  for v_going in
    select p.backup_id, p.name, p.reason, b.state
    from lastgood.retention_plan(v_schedule_id) as p
    join lastgood.backup as b on b.backup_id = p.backup_id
    where not p.is_kept and b.state <> 'DELETING'
    -- What builds on others goes before them.
    order by p.backup_id desc
  loop
    begin
      perform lastgood.start_delete(v_going.backup_id);
    exception
      when sqlstate 'LG040' or sqlstate 'LG041' or sqlstate 'LG042' or sqlstate 'LG043'
        or sqlstate 'LG044' or sqlstate 'LG045' then
        continue;
    end;
    if v_going.state <> 'DELETE_FAILED' then
      perform lastgood.tell_of_backup(
        9132, v_going.backup_id, format('Schedule "%s"', v_name), 'lets go of', v_going.reason
      );
    end if;
    v_expired := v_expired || jsonb_build_object(
      'backup_id', v_going.backup_id, 'name', v_going.name, 'reason', v_going.reason
    );
  end loop;
  select coalesce(jsonb_agg(to_jsonb(c) order by c.backup_copy_id), '[]')
  into v_copies
  from lastgood.backup as b
  join lastgood.copy_status as c on c.backup_id = b.backup_id
  where b.schedule_id = v_schedule_id
    and b.state in ('COMPLETE', 'PARTIAL', 'FAILED', 'DELETING', 'DELETE_FAILED')
    and c.state in ('DELETING', 'DELETE_FAILED');
  return jsonb_build_object('backups', v_expired, 'copies', v_copies);
end;
$$;

comment on function lastgood.expire_backups(bigint) is
  'Begins to delete what a schedule keeps no longer; returns it, with the copies to remove.';
