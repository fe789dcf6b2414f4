-- Changes settings of a schedule; keys are the names of its columns. What is due by then is queued
-- as it was; what waits is cancelled where it is disabled. Raises LG054, LG074, and what
-- add_schedule says.
--
-- SECURITY DEFINER: operators change schedules here, and not in the table.
create or replace function lastgood.set_schedule(
  p_schedule_id bigint,
  p_changes     jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.lock_schedule(p_schedule_id);
  perform lastgood.check_schedule_keys(p_changes);
  if p_changes = '{}' then
    return;
  end if;
  -- A long backlog is taken in parts.
  while lastgood.plan_schedule(p_schedule_id) > 0 loop
  end loop;
  perform lastgood.write_schedule(p_schedule_id, p_changes);
  perform lastgood.tell_of_schedule(9141, p_schedule_id, session_user, 'changed', (
    select string_agg(c.name || ' = ' || coalesce(c.value #>> '{}', 'none'), ', ' order by c.name)
    from jsonb_each(p_changes) as c(name, value)
  ));
end;
$$;

comment on function lastgood.set_schedule(bigint, jsonb) is
  'Changes settings of a schedule from a document whose keys are its columns.';
