-- Every due slot of a schedule becomes one execution, by its policies; returns how many. Of a long
-- backlog 1,000 missed ones at a time, and what is to run after the last of them. The newest slot
-- is on time unless it is more than a minute old. Overlaps are with what was there before.
create or replace function lastgood.take_slots(
  p_schedule lastgood.schedule,
  p_now      timestamptz
)
  returns integer
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  c_batch constant integer := 1000;
  v_due     record  := lastgood.due_slots(p_schedule, p_now, c_batch + p_schedule.missed_cap + 2);
  v_taken   integer := cardinality(v_due.slots);
  v_newest  timestamptz := v_due.slots[v_taken];
  v_on_time boolean := v_newest >= p_now - interval '1 minute';
  v_missed  integer := greatest(0, v_taken - case p_schedule.missed
    when 'once' then 1
    when 'all' then p_schedule.missed_cap + v_on_time::integer
    else v_on_time::integer
  end);
  v_skip    text    := lastgood.overlap_reason(p_schedule, false);
  v_catch   text    := lastgood.overlap_reason(p_schedule, p_schedule.missed = 'all');
  v_runs    integer := p_schedule.runs;
  v_count   integer;
  v_slot_at timestamptz;
  v_is_late boolean;
  v_reason  text;
begin
  if v_missed > 0 and v_taken > c_batch then
    v_missed := least(v_missed, c_batch);
    v_taken := v_missed;
  end if;
  v_count := lastgood.miss_slots(p_schedule.schedule_id, v_due.slots[1:v_missed], case
    when p_schedule.missed = 'all' then format('beyond the cap of %s', p_schedule.missed_cap)
    when p_schedule.missed = 'skip' or v_skip is not null then 'nobody ran it in time'
    when v_taken = v_missed then 'the run of a later slot takes its place'
    else format('the run of %s takes its place', lastgood.time_text(v_newest))
  end);
  foreach v_slot_at in array v_due.slots[v_missed + 1:v_taken] loop
    exit when v_runs >= p_schedule.max_runs;
    v_is_late := v_slot_at < v_newest or not v_on_time;
    v_reason := case when v_is_late then v_catch else v_skip end;
    continue when lastgood.queue_slot(
      p_schedule.schedule_id, v_slot_at, v_is_late, v_reason
    ) is null;
    v_count := v_count + 1;
    v_runs := v_runs + (v_reason is null)::integer;
  end loop;
  update lastgood.schedule as s
  set runs = v_runs,
    next_run_at = case when (v_runs >= s.max_runs) is not true
      then coalesce(v_due.slots[v_taken + 1], v_due.next_at) end
  where s.schedule_id = p_schedule.schedule_id;
  return v_count;
end;
$$;

comment on function lastgood.take_slots(lastgood.schedule, timestamptz) is
  'Turns every due slot of a schedule into one execution, by its policies; returns how many.';
