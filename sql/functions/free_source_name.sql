-- A name for a live source: as given, or with a number where that is taken.
create or replace function lastgood.free_source_name(p_name text)
  returns text
  language sql
  volatile
begin atomic
  select r.name
  from generate_series(1, 1000) as n(number)
  cross join lateral (
    select case n.number when 1 then p_name
      else left(p_name, 58) || '-' || n.number end as name
  ) as r
  where not exists (
    select
    from lastgood.source as s
    where s.name = r.name and s.deleted_at is null
  )
  order by n.number
  limit 1;
end;

comment on function lastgood.free_source_name(text) is
  'A name that no live source has: the given one, or that with a number.';
