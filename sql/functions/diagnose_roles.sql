-- Whether each role that was given a reach still has it: a restore or a DBA may have taken it away.
create or replace function lastgood.diagnose_roles()
  returns table (subject text, outcome text, detail text, hint text)
  language sql
  stable
begin atomic
  select 'role ' || g.role_name,
    case when r.oid is null or not granted.is_complete then 'failed' else 'ok' end,
    case when r.oid is null then 'the role is gone' else 'is a ' || g.reach end,
    format('Create the role if it is gone, then: lastgood grant %s --as %s', g.role_name, g.reach)
  from lastgood.granted_role as g
  left join pg_catalog.pg_roles as r on r.rolname = g.role_name
  cross join lateral (
    select case g.reach
      when 'reporter' then r.oid is not null
        and lastgood.reporter_search_path(g.role_name) is null
        and has_schema_privilege(r.oid, 'lastgood_report', 'usage')
        and bool_and(has_function_privilege(r.oid, p.oid, 'execute'))
      else has_table_privilege(r.oid, 'lastgood.system_status'::regclass, 'select')
    end as is_complete
    from pg_catalog.pg_proc as p
    where p.pronamespace = 'lastgood_report'::regnamespace
  ) as granted;
end;

comment on function lastgood.diagnose_roles() is
  'Whether each role that was given a reach still has it; part of diagnose.';
