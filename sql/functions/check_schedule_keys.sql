-- Refuses keys that are no columns of a schedule, or not for people to set. Raises LG073.
create or replace function lastgood.check_schedule_keys(p_values jsonb)
  returns void
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  c_own constant text[] := array[
    'schedule_id', 'source_id', 'next_run_at', 'runs', 'created_at', 'created_by', 'updated_at',
    'deleted_at'
  ];
  v_known text[];
  v_key   text;
  v_meant text;
begin
  if jsonb_typeof(p_values) is distinct from 'object' then
    raise exception 'the settings of a schedule are no JSON object'
      using errcode = 'LG073', hint = 'Give keys with values, such as {"tz": "Europe/Oslo"}.';
  end if;
  select array_agg(a.attname::text order by a.attname)
  into v_known
  from pg_catalog.pg_attribute as a
  where a.attrelid = 'lastgood.schedule'::regclass and a.attnum > 0 and not a.attisdropped
    and a.attname <> all (c_own);
  select k.name
  into v_key
  from jsonb_object_keys(p_values) as k(name)
  where k.name <> all (v_known)
  order by k.name
  limit 1;
  if not found then
    return;
  elsif v_key = any (c_own) then
    raise exception '% of a schedule is not to be set', v_key
      using errcode = 'LG073', hint = 'Leave it out: lastgood sets it.';
  end if;
  v_meant := (
    select k.name
    from unnest(v_known) as k(name)
    where replace(k.name, '_', '') = lower(regexp_replace(v_key, '[^A-Za-z]', '', 'g'))
  );
  raise exception 'a schedule has no setting "%"', v_key
    using errcode = 'LG073', hint = coalesce(
      'Do you mean ' || v_meant || '?', 'There are: ' || array_to_string(v_known, ', ') || '.'
    );
end;
$$;

comment on function lastgood.check_schedule_keys(jsonb) is
  'Refuses keys that are no settings of a schedule.';
