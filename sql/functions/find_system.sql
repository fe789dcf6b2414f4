-- Raises LG004 for a system that is not known.
create or replace function lastgood.find_system(p_fqdn text)
  returns bigint
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_system_id bigint;
begin
  select s.system_id
  into v_system_id
  from lastgood.system as s
  where s.fqdn = p_fqdn;
  if not found then
    raise exception 'there is no system "%"', p_fqdn
      using errcode = 'LG004',
        hint = 'Select the names from lastgood.system, or add it with add_system.';
  end if;
  return v_system_id;
end;
$$;

comment on function lastgood.find_system(text) is
  'The id of a system by its name; LG004 for one that is not known.';
