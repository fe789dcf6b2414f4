-- Says which setting of a schedule cannot be what it was to be, and what it may be: the column that
-- a broken rule is about or, where a value could not even be read, the first such one. Raises
-- LG073.
create or replace function lastgood.refuse_schedule(
  p_values     jsonb,
  p_column     text,
  p_constraint text,
  p_message    text
)
  returns void
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_column text := coalesce(nullif(p_column, ''), (
    select a.attname
    from pg_catalog.pg_constraint as c
    cross join lateral unnest(c.conkey) as k(number)
    join pg_catalog.pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.number
    where c.conrelid = 'lastgood.schedule'::regclass and c.conname = p_constraint
    order by p_values ? a.attname desc, a.attname
    limit 1
  ));
  v_key    text;
begin
  for v_key in
    select k.name
    from jsonb_object_keys(p_values) as k(name)
    where v_column is null
    order by k.name
  loop
    begin
      perform jsonb_populate_record(
        null::lastgood.schedule, jsonb_build_object(v_key, p_values -> v_key)
      );
    exception
      when data_exception then
        v_column := v_key;
        exit;
    end;
  end loop;
  if v_column is null then
    raise exception 'the schedule has a value that cannot be: %', p_message
      using errcode = 'LG073', hint = 'See docs/schedules.md for what there is.';
  end if;
  raise exception '% of a schedule cannot be %', v_column,
      coalesce('"' || (p_values ->> v_column) || '"', 'none')
    using errcode = 'LG073', hint = lastgood.schedule_value_hint(v_column);
end;
$$;

comment on function lastgood.refuse_schedule(jsonb, text, text, text) is
  'Raises what is wrong with the settings of a schedule: which one, and what it may be.';
