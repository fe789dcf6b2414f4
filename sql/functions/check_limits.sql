-- Refuses keys that are no limits of what is changed, and values that cannot be. Raises LG079.
create or replace function lastgood.check_limits(
  p_limits jsonb,
  p_known  text[]
)
  returns void
  language plpgsql
  immutable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_key   text;
  v_value jsonb;
  v_most  bigint;
begin
  if jsonb_typeof(p_limits) is distinct from 'object' then
    raise exception 'limits are no JSON object'
      using errcode = 'LG079', hint = 'Give keys with values, such as {"max_running": 2}.';
  end if;
  for v_key, v_value in
    select l.key, l.value
    from jsonb_each(p_limits) as l(key, value)
    order by l.key
  loop
    v_most := case v_key when 'max_bytes' then 9223372036854775807 else 2147483647 end;
    if v_key <> all (p_known) then
      raise exception 'there is no limit "%"', v_key
        using errcode = 'LG079', hint = 'There are: ' || array_to_string(p_known, ', ') || '.';
    elsif v_value = 'null' or v_key = 'labels' and jsonb_typeof(v_value) = 'array' then
      continue;
    elsif v_key = 'labels' or jsonb_typeof(v_value) <> 'number'
      or (v_value #>> '{}')::numeric not between 1 and v_most
      or trunc((v_value #>> '{}')::numeric) <> (v_value #>> '{}')::numeric
    then
      raise exception '% cannot be %', v_key, v_value
        using errcode = 'LG079', hint = case v_key when 'labels' then 'Give a list of words.'
          else 'Give a whole number of 1 or more.' end;
    end if;
  end loop;
end;
$$;

comment on function lastgood.check_limits(jsonb, text[]) is
  'Refuses what cannot be the limits of a source or a provider.';
