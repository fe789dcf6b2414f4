-- Grants again what was granted: at every install, and whenever a schema of ours appears.
-- The optional roles of sql/roles.sql have their reach by their names.
create or replace function lastgood.apply_grants()
  returns setof text
  language sql
  volatile
begin atomic
  select left_over.statement
  from (
    select g.role_name, g.reach, g.may_dump
    from lastgood.granted_role as g
    union all
    select 'lastgood_' || o.reach, o.reach, false as may_dump
    from unnest(array['reporter', 'reader', 'operator']) as o(reach)
  ) as wanted
  join pg_catalog.pg_roles as r on r.rolname = wanted.role_name
  cross join lateral lastgood.execute_grants(wanted.role_name, wanted.reach, wanted.may_dump)
    as left_over(statement);
end;

comment on function lastgood.apply_grants() is
  'Grants every remembered role its reach again; returns the statements that it may not execute.';
