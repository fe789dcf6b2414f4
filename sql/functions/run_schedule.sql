-- A run now, also of a schedule that is disabled, under the same guard as every other: beside one
-- that is under way it is SKIPPED, or waits. Returns the execution. Raises LG054, LG074.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.run_schedule(p_schedule_id bigint)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_schedule lastgood.schedule := lastgood.lock_schedule(p_schedule_id);
begin
  return lastgood.queue_slot(
    p_schedule_id, null, false, lastgood.overlap_reason(v_schedule, false)
  );
end;
$$;

comment on function lastgood.run_schedule(bigint) is
  'Queues a run of a schedule now; returns its execution, which is SKIPPED beside another one.';
