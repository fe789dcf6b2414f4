-- The search_path that a login role needs in this database to find the log functions without
-- naming their schema: what it has now, with lastgood_report in front. Null for a role that
-- cannot log in, and for one that has it already.
create or replace function lastgood.reporter_search_path(p_role text)
  returns text
  language sql
  stable
begin atomic
  select 'lastgood_report, ' || current_path.value
  from (
    select coalesce((
      select substr(c.setting, length('search_path=') + 1)
      from pg_catalog.pg_db_role_setting as s
      cross join unnest(s.setconfig) as c(setting)
      where c.setting like 'search\_path=%'
        and s.setrole in (r.oid, 0)
        and s.setdatabase in (d.oid, 0)
      order by (s.setrole <> 0)::integer desc, (s.setdatabase <> 0)::integer desc
      limit 1
    ), '"$user", public') as value
    from pg_catalog.pg_roles as r
    cross join pg_catalog.pg_database as d
    where r.rolname = p_role and r.rolcanlogin and d.datname = current_database()
  ) as current_path
  where current_path.value !~ '^"?lastgood_report"?(,|$)';
end;

comment on function lastgood.reporter_search_path(text) is
  'The search_path with which a login role finds the log functions; null where it has it already.';
