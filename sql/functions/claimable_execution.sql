-- The oldest execution that waits, is not put off, and that a worker with these labels may run now:
-- of no schedule that runs already, within the limits of its source and of its providers. It is
-- locked; null where there is none.
create or replace function lastgood.claimable_execution(p_labels text[])
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_schedules bigint[];
  v_sources   bigint[];
  v_providers text[] := lastgood.full_providers();
  v_default   text[];
  v_id        bigint;
begin
  select array_agg(e.schedule_id)
  into v_schedules
  from lastgood.execution as e
  where e.state = 'RUNNING';
  if v_schedules is not null then
    v_sources := array(
      select o.source_id
      from lastgood.schedule as s
      join lastgood.source as o on o.source_id = s.source_id
      where s.schedule_id = any (v_schedules)
      group by o.source_id
      having count(*) >= o.max_running
    );
  end if;
  if v_providers is not null then
    v_default := lastgood.default_providers();
  end if;
  -- Asked of one after the other, in their order, until one may run.
  select e.execution_id
  into v_id
  from lastgood.execution as e
  where e.state = 'QUEUED' and (e.not_before > clock_timestamp()) is not true
    and (e.schedule_id = any (v_schedules)) is not true
    and (
      select true
      from lastgood.schedule as s
      join lastgood.source as o on o.source_id = s.source_id
      where s.schedule_id = e.schedule_id and s.deleted_at is null and o.labels <@ p_labels
        and (s.source_id = any (v_sources)) is not true
        and (coalesce(nullif(s.providers, '{}'), v_default) && v_providers) is not true
    )
  order by coalesce(e.slot_at, e.queued_at), e.execution_id
  limit 1
  for no key update of e skip locked;
  return v_id;
end;
$$;

comment on function lastgood.claimable_execution(text[]) is
  'The oldest execution that a worker with these labels may run now, locked; or null.';
