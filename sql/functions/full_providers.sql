-- Providers at which as many executions run as may; null for none.
create or replace function lastgood.full_providers()
  returns text[]
  language sql
  stable
begin atomic
  select array_agg(p.name)
  from lastgood.provider as p
  where p.max_running <= (
    select count(*)
    from lastgood.execution as e
    join lastgood.schedule as s on s.schedule_id = e.schedule_id
    where e.state = 'RUNNING'
      and p.name = any (coalesce(nullif(s.providers, '{}'), lastgood.default_providers()))
  );
end;

comment on function lastgood.full_providers() is
  'Providers at which as many executions run as may.';
