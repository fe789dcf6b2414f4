-- Inserts a schedule, or changes the one with this id, from a document whose keys are columns; what
-- is not named keeps its default, or what it is. Raises LG022 for the name, LG073 for an
-- unknown key or a value that cannot be, and what the trigger schedule_changed says.
create or replace function lastgood.write_schedule(
  p_schedule_id bigint,
  p_values      jsonb
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_columns    text;
  v_values     text;
  v_column     text;
  v_constraint text;
  v_id         bigint;
begin
  select string_agg(quote_ident(k.name), ', '), string_agg('r.' || quote_ident(k.name), ', ')
  into v_columns, v_values
  from jsonb_object_keys(p_values) as k(name);
  if p_schedule_id is null then
    execute format(
      'insert into lastgood.schedule (%s)'
      ' select %s from jsonb_populate_record(null::lastgood.schedule, $1) as r'
      ' returning schedule_id', v_columns, v_values
    ) into v_id using p_values;
  elsif v_columns is not null then
    execute format(
      'update lastgood.schedule as s set (%s) = row(%s)'
      ' from jsonb_populate_record(null::lastgood.schedule, $1) as r'
      ' where s.schedule_id = $2 returning s.schedule_id', v_columns, v_values
    ) into v_id using p_values, p_schedule_id;
  end if;
  return v_id;
exception
  when unique_violation then
    raise exception 'the source has a schedule "%" already', p_values ->> 'name'
      using errcode = 'LG022', hint = 'Choose another name.';
  when check_violation or not_null_violation or data_exception then
    get stacked diagnostics v_column = column_name, v_constraint = constraint_name;
    perform lastgood.refuse_schedule(p_values, v_column, v_constraint, sqlerrm);
    return null;
end;
$$;

comment on function lastgood.write_schedule(bigint, jsonb) is
  'Inserts or changes a schedule from a document whose keys are columns; returns its id.';
