-- Lets a source be backed up by itself. Options have the names of the columns. Raises LG021 and
-- LG022 for the name, LG026, LG031 and LG055 for the providers, LG028 for the source, LG032 and
-- LG033 for the parent, LG070 and LG072 for pattern and zone, LG073 for the options.
--
-- SECURITY DEFINER: operators add schedules here, and not in the table.
create or replace function lastgood.add_schedule(
  p_source  text,
  p_pattern text,
  p_name    text,
  p_options jsonb default '{}'
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_source_id bigint := lastgood.find_source(p_source);
  v_id        bigint;
begin
  perform lastgood.check_schedule_keys(coalesce(p_options, '{}'));
  v_id := lastgood.write_schedule(null, coalesce(p_options, '{}') || jsonb_build_object(
    'source_id', v_source_id, 'pattern', p_pattern, 'name', p_name
  ));
  perform lastgood.tell_of_schedule(9140, v_id, session_user, 'added', (
    select format('"%s" in %s', s.pattern, s.tz)
    from lastgood.schedule as s
    where s.schedule_id = v_id
  ));
  return v_id;
end;
$$;

comment on function lastgood.add_schedule(text, text, text, jsonb) is
  'Adds a schedule of a source; returns its id.';
