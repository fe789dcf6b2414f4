-- Takes the due slots of one schedule, which the caller has locked; returns how many. One that is
-- broken, by a time zone that is no more, stops no other: it is disabled, and an event says why.
create or replace function lastgood.plan_schedule(p_schedule_id bigint)
  returns integer
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_now      timestamptz := lastgood.clock();
  v_schedule lastgood.schedule := (
    select s
    from lastgood.schedule as s
    where s.schedule_id = p_schedule_id
  );
begin
  if v_schedule.next_run_at <= v_now then
    return lastgood.take_slots(v_schedule, v_now);
  end if;
  return 0;
exception
  when others then
    if lastgood.is_server_trouble(sqlstate) then
      raise;
    end if;
    update lastgood.schedule as s
    set is_enabled = false
    where s.schedule_id = p_schedule_id;
    perform lastgood.tell_of_schedule(9143, p_schedule_id, 'lastgood', 'disabled', sqlerrm);
    return 0;
end;
$$;

comment on function lastgood.plan_schedule(bigint) is
  'Takes the due slots of one schedule; one that is broken is disabled, with an event.';
