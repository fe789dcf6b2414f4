-- The given name, or source and time in UTC, made unique. Two sessions that are given the same name
-- wait for each other. Raises LG021 for what cannot be a name, LG022 for one that is taken.
create or replace function lastgood.choose_backup_name(
  p_source text,
  p_name   text
)
  returns text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_name is null then
    return lastgood.free_backup_name(format(
      '%s-%s', p_source, to_char(clock_timestamp() at time zone 'UTC', 'YYYYMMDD"T"HH24MISS"Z"')
    ));
  end if;
  perform lastgood.check_name(p_name, 127);
  perform pg_advisory_xact_lock('lastgood.backup'::regclass::integer, hashtext(p_name));
  if lastgood.is_backup_name_taken(p_name) then
    raise exception 'there is a backup "%" already', p_name
      using errcode = 'LG022', hint = 'Choose another name, or none.';
  end if;
  return p_name;
end;
$$;

comment on function lastgood.choose_backup_name(text, text) is
  'The name of a new backup: as given, or of source and time; unique.';
