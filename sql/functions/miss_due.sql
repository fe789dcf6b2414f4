-- Writes that all slots of a schedule that are due were missed, with the reason: before it is
-- changed so that it forgets them. Where its pattern holds no more, by a time zone that is gone,
-- the first one is all that is known.
create or replace function lastgood.miss_due(
  p_schedule lastgood.schedule,
  p_reason   text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  c_batch constant integer := 1000;
  v_due record;
begin
  while p_schedule.next_run_at <= lastgood.clock() loop
    begin
      v_due := lastgood.due_slots(p_schedule, lastgood.clock(), c_batch);
    exception
      when sqlstate 'LG070' or data_exception then
        select array[p_schedule.next_run_at] as slots, null::timestamptz as next_at
        into v_due;
    end;
    perform lastgood.miss_slots(p_schedule.schedule_id, v_due.slots, p_reason);
    p_schedule.next_run_at := v_due.next_at;
  end loop;
end;
$$;

comment on function lastgood.miss_due(lastgood.schedule, text) is
  'Writes that the slots of a schedule that are due were missed, and why.';
