-- Turns every due slot into one execution; safe at any time, by any number of sessions at once:
-- each takes the schedules that no other has. Returns how many slots it took; where that is not 0
-- there may be more: after a while without workers a call ends before the caller's patience does.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.plan_slots(p_limit integer default 100)
  returns integer
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  c_most  constant integer := 1000;
  v_now   timestamptz := lastgood.clock();
  v_count integer     := 0;
  v_id    bigint;
begin
  for v_id in
    select s.schedule_id
    from lastgood.schedule as s
    where s.next_run_at <= v_now and s.is_enabled and s.deleted_at is null
    order by s.next_run_at
    limit p_limit
    for no key update skip locked
  loop
    exit when v_count >= c_most;
    v_count := v_count + lastgood.plan_schedule(v_id);
  end loop;
  return v_count;
end;
$$;

comment on function lastgood.plan_slots(integer) is
  'Turns every slot that is due into one execution; returns how many.';
