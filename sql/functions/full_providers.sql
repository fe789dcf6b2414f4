-- Providers at which as many executions run as may; null for none.
create or replace function lastgood.full_providers()
  returns text[]
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_default text[];
begin
  if not exists (select from lastgood.provider as p where p.max_running is not null) then
    return null;
  end if;
  v_default := lastgood.default_providers();
  return (
    select array_agg(p.name)
    from lastgood.provider as p
    where p.max_running <= (
      select count(*)
      from lastgood.execution as e
      join lastgood.schedule as s on s.schedule_id = e.schedule_id
      where e.state = 'RUNNING' and p.name = any (coalesce(nullif(s.providers, '{}'), v_default))
    )
  );
end;
$$;

comment on function lastgood.full_providers() is
  'Providers at which as many executions run as may.';
