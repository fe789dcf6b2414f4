-- Starts the backup of an execution, as start_backup does for people, named after its schedule and
-- slot. Where it cannot build on what it should, or the chain is full, it is a full one, and the
-- reason of the execution says so; the former may fail instead, by choice of the schedule. Raises
-- LG078, and what start_backup says.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.start_execution_backup(
  p_execution_id bigint,
  p_token        uuid,
  p_host         text default null,
  p_lease        interval default '60 seconds'
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_execution lastgood.execution := lastgood.own_execution(p_execution_id, p_token);
  v_schedule  lastgood.schedule  := (
    select s
    from lastgood.schedule as s
    where s.schedule_id = v_execution.schedule_id
  );
  v_backup    jsonb;
begin
  if v_execution.backup_id is not null then
    -- Begun before, by a call whose answer got lost.
    perform lastgood.stop_backup(v_execution.backup_id, 'begun anew');
  end if;
  v_backup := lastgood.start_scheduled_backup(v_schedule, format(
    '%s-%s', v_schedule.name, to_char(
      coalesce(v_execution.slot_at, v_execution.queued_at) at time zone 'UTC',
      'YYYYMMDD"T"HH24MISS"Z"'
    )
  ), p_host, p_lease);
  update lastgood.execution as e
  set backup_id = (v_backup ->> 'backup_id')::bigint,
    reason = case
      when (v_backup ->> 'fell_back')::boolean then 'a full backup, for there was none to build on'
      when (v_backup ->> 'full_chain') is not null
        then format('a full backup, for the chain had %s backups', v_backup ->> 'full_chain')
    end
  where e.execution_id = p_execution_id;
  return v_backup;
end;
$$;

comment on function lastgood.start_execution_backup(bigint, uuid, text, interval) is
  'Starts the backup of an execution; returns all that making it needs, its token too.';
