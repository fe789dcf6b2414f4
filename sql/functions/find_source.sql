-- Raises LG028 for a source that is not there, or no longer. Keeps it from being deleted meanwhile.
create or replace function lastgood.find_source(p_name text)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_source_id bigint;
begin
  select s.source_id
  into v_source_id
  from lastgood.source as s
  where s.name = p_name and s.deleted_at is null
  for key share;
  if not found then
    raise exception 'there is no source "%"', p_name
      using errcode = 'LG028', hint = 'See the names with: lastgood source list';
  end if;
  return v_source_id;
end;
$$;

comment on function lastgood.find_source(text) is
  'The id of a source by its name; LG028 for one that is not there.';
