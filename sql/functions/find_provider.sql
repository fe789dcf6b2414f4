-- Raises LG026 for a provider that is not there. Keeps it from being deleted meanwhile.
create or replace function lastgood.find_provider(p_name text)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_provider_id bigint;
begin
  select p.provider_id
  into v_provider_id
  from lastgood.provider as p
  where p.name = p_name
  for key share;
  if not found then
    raise exception 'there is no provider "%"', p_name
      using errcode = 'LG026', hint = 'See the names with: lastgood provider list';
  end if;
  return v_provider_id;
end;
$$;

comment on function lastgood.find_provider(text) is
  'The id of a provider by its name; LG026 for one that is not there.';
