-- A name for a backup that no other has: as given, or with a number after it. Two sessions that
-- want the same one wait for each other. Raises LG021 for what cannot be a name.
create or replace function lastgood.free_backup_name(p_base text)
  returns text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_name   text    := p_base;
  v_number integer := 1;
begin
  perform lastgood.check_name(p_base, 127);
  perform pg_advisory_xact_lock('lastgood.backup'::regclass::integer, hashtext(p_base));
  while exists (select from lastgood.backup as b where b.name = v_name) loop
    v_number := v_number + 1;
    v_name := format('%s-%s', p_base, v_number);
  end loop;
  return v_name;
end;
$$;

comment on function lastgood.free_backup_name(text) is
  'A name for a backup that no other has: as given, or with a number after it.';
