-- Whether each role that was given a reach still has it: a restore or a DBA may have taken it away.
create or replace function lastgood.diagnose_roles()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select 'role ' || g.role_name,
    case when r.oid is null or not granted.is_complete then 'failed' else 'ok' end,
    case
      when r.oid is null then 'the role is gone'
      else 'is a ' || g.reach || case when g.may_dump then ' that may dump' else '' end
    end,
    format(
      'Create the role if it is gone, then: lastgood grant %s --as %s%s',
      g.role_name, g.reach, case when g.may_dump then ' --dumps' else '' end
    )
  from lastgood.granted_role as g
  left join pg_catalog.pg_roles as r on r.rolname = g.role_name
  cross join lateral (
    select r.oid is not null and case g.reach
      when 'reporter' then lastgood.reporter_search_path(g.role_name) is null
        and has_schema_privilege(r.oid, 'lastgood_report', 'usage')
        and bool_and(has_function_privilege(r.oid, p.oid, 'execute'))
      else has_table_privilege(r.oid, 'lastgood.system_status'::regclass, 'select')
    end and not (g.may_dump and exists (
      select
      from pg_catalog.pg_class as c
      join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
      where n.nspname in ('lastgood', 'lastgood_report', 'lastgood_queue')
        and c.relkind in ('r', 'p', 'v', 'S')
        and not has_table_privilege(r.oid, c.oid, 'select')
    )) as is_complete
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'lastgood_report'::regnamespace
  ) as granted;
end;

comment on function lastgood.diagnose_roles() is
  'Whether each role that was given a reach still has it; part of diagnose.';
