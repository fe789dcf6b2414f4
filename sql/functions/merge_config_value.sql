-- Adds to a value that is a list; what is in it already stays where it is.
-- Raises LG001 for an unknown key, LG002 for a bad value, LG011 for a key that holds no list.
--
-- SECURITY DEFINER: as set_config_value, for operators; the lock keeps two merges from losing one.
create or replace function lastgood.merge_config_value(
  p_name  text,
  p_value text
)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_type text;
begin
  select k.type
  into v_type
  from lastgood.config_key as k
  where k.name = p_name
  for no key update;
  if v_type <> 'ScopeList' then
    raise exception 'config key "%" does not support merge of values', p_name
      using errcode = 'LG011', hint = 'Set the whole value: this key holds no list.';
  end if;
  return lastgood.set_config_value(p_name, lastgood.get_config_value(p_name) || ',' || p_value);
end;
$$;

comment on function lastgood.merge_config_value(text, text) is
  'Adds scopes to a config value that is a list, after the rules of its key; returns the value.';
