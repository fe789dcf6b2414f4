-- Executes what it may of the grants of a role and returns the rest.
create or replace function lastgood.execute_grants(
  p_role     text,
  p_reach    text,
  p_may_dump boolean
)
  returns setof text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_statement text;
begin
  for v_statement in
    select g.statement
    from lastgood.grant_statements(p_role, p_reach, p_may_dump) as g(statement)
  loop
    begin
      execute v_statement;
    exception
      when insufficient_privilege then
        return next v_statement;
    end;
  end loop;
end;
$$;

comment on function lastgood.execute_grants(text, text, boolean) is
  'Executes the grants of a role as far as the caller may; returns the statements that are left.';
