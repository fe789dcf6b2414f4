-- Tidies a list of scopes: trimmed, each once, in the order given. Raises LG003 for one without a
-- name, too long or with a comma: a system that needs nothing would always look well backed up.
create or replace function lastgood.check_scopes(p_scopes text[])
  returns text[]
  language plpgsql
  immutable
  set search_path = ''
as $$
declare
  v_scopes text[];
begin
  select array_agg(tidy.scope order by tidy.place)
  into v_scopes
  from (
    select btrim(given.scope) as scope, min(given.place) as place
    from unnest(p_scopes) with ordinality as given(scope, place)
    group by 1
  ) as tidy;
  if v_scopes is null or exists (
    select
    from unnest(v_scopes) as s(scope)
    where s.scope is null or s.scope = '' or char_length(s.scope) > 64 or s.scope like '%,%'
  ) then
    raise exception 'these are no scopes: %', coalesce(quote_literal(p_scopes::text), 'null')
      using errcode = 'LG003',
        hint = 'Name at least one scope of 1 to 64 characters, without commas,'
          ' such as db and files.';
  end if;
  return v_scopes;
end;
$$;

comment on function lastgood.check_scopes(text[]) is
  'A tidy list of scopes, each once and in order; LG003 where one is no scope or there is none.';
