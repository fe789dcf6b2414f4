-- Whether what is due finds a worker; nothing where there are no schedules. What waits because
-- workers with the labels of its source have their hands full is no finding.
create or replace function lastgood.diagnose_schedules()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select
    'schedules' as subject,
    case when due.schedules + waiting.runs > 0 then 'warning' else 'ok' end as outcome,
    case when due.schedules + waiting.runs > 0
      then concat_ws(
        '; ',
        case when due.schedules > 0 then format(
          'due, and seen by no worker: %s, the first since %s', due.schedules,
          lastgood.time_text(due.since)
        ) end,
        case when waiting.runs > 0 then format(
          'runs that no worker takes: %s, the first, of "%s", since %s', waiting.runs,
          waiting.schedule, lastgood.time_text(waiting.since)
        ) end
      )
      else 'what is due finds a worker'
    end as detail,
    'Start a worker (lastgood work) with the labels of the sources, or see what its log says.'
      as hint
  from (
    select count(*) as schedules, min(s.next_run_at) as since
    from lastgood.schedule as s
    where s.is_enabled and s.deleted_at is null
      and s.next_run_at < lastgood.clock() - interval '1 minute'
  ) as due
  cross join (
    select
      count(*) as runs,
      min(w.since) as since,
      (array_agg(w.schedule order by w.since, w.execution_id))[1] as schedule
    from (
      select
        e.execution_id, s.name as schedule, greatest(e.not_before, e.slot_at, e.queued_at) as since
      from lastgood.execution as e
      join lastgood.schedule as s on s.schedule_id = e.schedule_id
      join lastgood.source as o on o.source_id = s.source_id
      where e.state = 'QUEUED'
        and greatest(e.not_before, e.slot_at, e.queued_at)
          < clock_timestamp() - interval '1 minute'
        and not exists (
          select
          from lastgood.execution as r
          join lastgood.schedule as c on c.schedule_id = r.schedule_id
          join lastgood.source as p on p.source_id = c.source_id
          where r.state = 'RUNNING' and r.lease_until > clock_timestamp()
            and p.labels @> o.labels
        )
    ) as w
  ) as waiting
  where exists (select from lastgood.schedule as s where s.deleted_at is null);
end;

comment on function lastgood.diagnose_schedules() is
  'Whether what is due finds a worker; part of diagnose.';
