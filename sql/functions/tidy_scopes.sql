-- A list of scopes, each once, in the order given; null when it holds none, more than 100, or what
-- cannot be a scope: a system that needs nothing would always look well backed up, and a reporter
-- who names thousands for a new system would make every check slow.
create or replace function lastgood.tidy_scopes(p_scopes text[])
  returns text[]
  language sql
  immutable
begin atomic
  select case
    when count(*) = count(tidy.scope) and count(*) <= 100
      and bool_and(tidy.scope <> '' and char_length(tidy.scope) <= 64)
      then array_agg(tidy.scope order by tidy.place)
  end
  from (
    select given.scope, min(given.place) as place
    from unnest(p_scopes) with ordinality as given(scope, place)
    group by given.scope
  ) as tidy;
end;

comment on function lastgood.tidy_scopes(text[]) is
  'A list of scopes with each of them once, in order; null where it cannot be one.';
