-- Ends a schedule: what waits is cancelled, what runs goes on to its end, its history stays. Raises
-- LG054, LG074.
--
-- SECURITY DEFINER: operators delete schedules here, and not in the table.
create or replace function lastgood.delete_schedule(p_schedule_id bigint)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.lock_schedule(p_schedule_id);
  -- A long backlog is taken in parts.
  while lastgood.plan_schedule(p_schedule_id) > 0 loop
  end loop;
  update lastgood.schedule as s
  set deleted_at = clock_timestamp()
  where s.schedule_id = p_schedule_id;
  perform lastgood.tell_of_schedule(
    9142, p_schedule_id, session_user, 'deleted', 'its executions stay'
  );
end;
$$;

comment on function lastgood.delete_schedule(bigint) is
  'Ends a schedule; what waits is cancelled, what runs goes on, its history stays.';
