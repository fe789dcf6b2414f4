-- Ends executions that are past their timeout, or whose lease ran out: whoever ran them is gone.
-- Safe at any time, by any number of sessions at once; returns them. One that cannot be ended stops
-- no other. After a restart of the database each has one lease of time to come back.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.reap_executions()
  returns setof bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_id        bigint;
  v_timeout   interval;
  v_execution lastgood.execution;
begin
  for v_id, v_timeout in
    select e.execution_id, s.timeout
    from lastgood.execution as e
    join lastgood.schedule as s on s.schedule_id = e.schedule_id
    where e.state = 'RUNNING'
      and (e.lease_until < clock_timestamp() or e.started_at + s.timeout <= clock_timestamp())
      and pg_postmaster_start_time() + e.lease < clock_timestamp()
    order by e.execution_id
    for no key update of e skip locked
  loop
    v_execution := (
      select e
      from lastgood.execution as e
      where e.execution_id = v_id
    );
    if lastgood.reap_execution(v_execution, v_timeout) then
      return next v_id;
    end if;
  end loop;
end;
$$;

comment on function lastgood.reap_executions() is
  'Ends executions whose worker is gone or that are past their timeout; returns them.';
