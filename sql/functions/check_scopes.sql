-- As tidy_scopes, for people. Raises LG003 for what cannot be a list of scopes.
create or replace function lastgood.check_scopes(p_scopes text[])
  returns text[]
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_scopes text[] := lastgood.tidy_scopes(p_scopes);
begin
  if v_scopes is null then
    raise exception 'these are no scopes: %', coalesce(quote_literal(p_scopes::text), 'null')
      using errcode = 'LG003',
        hint = 'Name 1 to 100 scopes of 1 to 64 characters, such as db and files.';
  end if;
  return v_scopes;
end;
$$;

comment on function lastgood.check_scopes(text[]) is
  'A list of scopes with each of them once, in order; LG003 where it cannot be one.';
