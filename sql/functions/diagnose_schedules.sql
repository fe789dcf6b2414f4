-- Whether what is due finds a worker; nothing where there are no schedules. What waits because
-- workers with the labels of its source have their hands full is no finding. Then schedules for
-- which a provider may keep too few backups.
create or replace function lastgood.diagnose_schedules()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select
    'schedules' as subject,
    case when untaken.due + untaken.runs > 0 then 'warning' else 'ok' end as outcome,
    case when untaken.due + untaken.runs > 0
      then concat_ws(
        '; ',
        case when untaken.due > 0 then format(
          'due, and seen by no worker: %s, the first since %s', untaken.due,
          lastgood.time_text(untaken.due_since)
        ) end,
        case when untaken.runs > 0 then format(
          'runs that no worker takes: %s, the first, of "%s", since %s', untaken.runs,
          untaken.schedule, lastgood.time_text(untaken.since)
        ) end
      )
      else 'what is due finds a worker'
    end as detail,
    'Start a worker (lastgood work) with the labels of the sources, or see what its log says.'
      as hint
  from (
    select
      count(*) filter (where w.execution_id is null) as due,
      min(w.since) filter (where w.execution_id is null) as due_since,
      count(w.execution_id) as runs,
      min(w.since) filter (where w.execution_id is not null) as since,
      (array_agg(w.schedule order by w.since, w.execution_id)
        filter (where w.execution_id is not null))[1] as schedule
    from lastgood.waiting_run as w
    where w.is_untaken
  ) as untaken
  where exists (select from lastgood.schedule as s where s.deleted_at is null)
  union all
  select
    format('schedule %s (%s)', w.schedule, w.schedule_id), 'warning' as outcome, w.warning, w.hint
  from lastgood.quota_warnings() as w;
end;

comment on function lastgood.diagnose_schedules() is
  'Whether what is due finds a worker, and has room; part of diagnose.';
