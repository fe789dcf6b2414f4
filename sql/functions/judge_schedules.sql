-- What the schedules of a scope say of it: the first deadline that one sets, the second run after
-- a success plus grace, and by which; and how they are. Without a success there is no deadline.
--
-- SECURITY DEFINER: readers call it through views, and have no right to the table of schedules.
-- plpgsql, which plans it once a session: each system with schedules asks.
create or replace function lastgood.judge_schedules(
  p_system_id     bigint,
  p_scope         text,
  p_success_at    timestamptz,
  p_failing_after integer
)
  returns table (due_at timestamptz, due_by text, state text)
  language plpgsql
  stable
  rows 1
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
begin
  return query
  select
    min(plan.due_at),
    (array_agg(plan.name order by plan.due_at, plan.schedule_id)
      filter (where plan.due_at is not null))[1],
    case
      when not bool_or(plan.is_enabled) then 'disabled'
      when bool_or(plan.is_enabled and (
        select count(*) = p_failing_after and bool_and(run.state <> 'SUCCESS')
        from (
          select e.state
          from lastgood.execution as e
          where e.schedule_id = plan.schedule_id
            and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
          order by coalesce(e.slot_at, e.queued_at) desc, e.execution_id desc
          limit p_failing_after
        ) as run
      )) then 'failing'
      when bool_and(not plan.is_enabled or plan.has_ended) then 'ended'
      when bool_and(not plan.is_enabled or not (
        exists (
          select
          from lastgood.execution as e
          where e.schedule_id = plan.schedule_id
            and e.state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED')
        )
        or exists (
          select
          from lastgood.execution as e
          where e.schedule_id = plan.schedule_id
            and e.state in ('QUEUED', 'RUNNING') and e.state = 'RUNNING'
        )
      )) then 'never ran'
      else 'scheduled'
    end
  from (
    select
      c.schedule_id,
      c.name,
      c.is_enabled,
      c.next_run_at is null as has_ended,
      -- Hours are added, not days of some time zone.
      case when second.run_at <= coalesce(c.until_at, 'infinity')
        then (second.run_at at time zone 'UTC' + least(c.grace, '100 years')) at time zone 'UTC'
      end as due_at
    from lastgood.source as s
    join lastgood.schedule as c on c.source_id = s.source_id
    cross join lateral (
      select
        case when p_success_at is not null and c.is_enabled and (c.runs < c.max_runs) is not false
          then lastgood.second_run(
            c.pattern, c.tz, greatest(p_success_at, c.first_at - interval '1 microsecond')
          )
        end as run_at
      -- Else it would be called once for each place that names it.
      offset 0
    ) as second
    where s.system_id = p_system_id and s.scope = p_scope
      and s.deleted_at is null and c.deleted_at is null
  ) as plan
  having count(*) > 0;
end;
$$;

comment on function lastgood.judge_schedules(bigint, text, timestamptz, integer) is
  'The first deadline that the schedules of a scope set after a success, and how they are.';
