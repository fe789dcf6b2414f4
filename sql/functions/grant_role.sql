-- Gives a role its reach and remembers it, so that every install grants it again.
-- Returns the statements that the caller may not execute, for somebody who may.
-- Raises LG007 for an unknown role, LG010 for an unknown reach.
create or replace function lastgood.grant_role(
  p_role     text,
  p_reach    text,
  p_may_dump boolean default false
)
  returns setof text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from pg_catalog.pg_roles as r where r.rolname = p_role) then
    raise exception 'there is no role "%"', p_role
      using errcode = 'LG007', hint = 'Create the role first: create role ... login.';
  elsif p_reach is null or p_reach not in ('reporter', 'reader', 'operator') then
    raise exception 'there is no reach "%"', p_reach
      using errcode = 'LG010', hint = 'A role is a reporter, a reader or an operator.';
  end if;
  insert into lastgood.granted_role as g (role_name, reach, may_dump)
  values (p_role, p_reach, p_may_dump)
  on conflict (role_name, reach) do update
    set may_dump = excluded.may_dump or g.may_dump;
  perform lastgood.add_audit_event(9115, format(
    '%s made role "%s" a %s%s.', session_user, p_role, p_reach,
    case when p_may_dump then ' that may dump this database' else '' end
  ));
  return query
  select g.statement
  from lastgood.execute_grants(p_role, p_reach, p_may_dump) as g(statement);
end;
$$;

comment on function lastgood.grant_role(text, text, boolean) is
  'Makes a role a reporter, reader or operator; returns the statements that it may not execute.';
