-- Raises LG001 for a key that does not exist.
create or replace function lastgood.get_config_value(p_name text)
  returns text
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_value text;
begin
  select c.value
  into v_value
  from lastgood.backup_config as c
  where c.name = p_name;
  if not found then
    raise exception 'there is no config key "%"', p_name
      using errcode = 'LG001', hint = 'Select the names from lastgood.backup_config.';
  end if;
  return v_value;
end;
$$;

comment on function lastgood.get_config_value(text) is
  'The value of a config key, its default where none was set; LG001 for an unknown key.';
