-- Writes that slots were missed, with the reason, and one event for all of them.
create or replace function lastgood.miss_slots(
  p_schedule_id bigint,
  p_slots       timestamptz[],
  p_reason      text
)
  returns integer
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_count integer;
begin
  insert into lastgood.execution (schedule_id, slot_at, state, finished_at, reason, output)
  select
    p_schedule_id, d.slot_at, 'MISSED', clock_timestamp(), p_reason,
    jsonb_build_object('status', 'MISSED', 'backup_id', null, 'error', p_reason)
  from unnest(p_slots) as d(slot_at)
  on conflict (schedule_id, slot_at) do nothing;
  get diagnostics v_count = row_count;
  if v_count > 0 then
    perform lastgood.tell_of_schedule(9144, p_schedule_id, 'lastgood', format(
      'missed %s %s of', v_count, case v_count when 1 then 'run' else 'runs' end
    ), format(
      '%s to %s; %s', lastgood.time_text(p_slots[1]),
      lastgood.time_text(p_slots[cardinality(p_slots)]), p_reason
    ));
  end if;
  return v_count;
end;
$$;

comment on function lastgood.miss_slots(bigint, timestamptz[], text) is
  'Writes that slots of a schedule were missed, and why; returns how many.';
