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
  select array_agg(o.source_id)
  into v_sources
  from (
    select s.source_id, count(*) as running
    from lastgood.execution as e
    join lastgood.schedule as s on s.schedule_id = e.schedule_id
    where e.state = 'RUNNING'
    group by s.source_id
  ) as r
  join lastgood.source as o on o.source_id = r.source_id
  where r.running >= o.max_running;
  if v_providers is not null then
    v_default := lastgood.default_providers();
  end if;
  select e.execution_id
  into v_id
  from lastgood.execution as e
  join lastgood.schedule as s on s.schedule_id = e.schedule_id
  join lastgood.source as o on o.source_id = s.source_id
  where e.state = 'QUEUED' and (e.not_before > clock_timestamp()) is not true
    and s.deleted_at is null and o.labels <@ p_labels
    and (e.schedule_id = any (v_schedules)) is not true
    and (s.source_id = any (v_sources)) is not true
    and (coalesce(nullif(s.providers, '{}'), v_default) && v_providers) is not true
  order by coalesce(e.slot_at, e.queued_at), e.execution_id
  limit 1
  for no key update of e skip locked;
  return v_id;
end;
$$;

comment on function lastgood.claimable_execution(text[]) is
  'The oldest execution that a worker with these labels may run now, locked; or null.';
