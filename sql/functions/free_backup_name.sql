-- A name for a backup that no other has, or is about to have: as given, or with a number after it.
-- Waits for nobody: of many that want the same one, such as runs of the same slot, each gets a
-- number of its own. Raises LG021 for what cannot be a name.
create or replace function lastgood.free_backup_name(p_base text)
  returns text
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_name   text    := p_base;
  v_number integer := 1;
  v_taken  integer := 0;
  v_free   integer;
begin
  perform lastgood.check_name(p_base, 127);
  -- A thousand may be taken: it leaps to one that is free, and halves the way back to the first.
  loop
    if not pg_try_advisory_xact_lock('lastgood.backup'::regclass::integer, hashtext(v_name)) then
      v_taken := v_number;
    -- A statement of its own sees what was written before the lock could be had.
    elsif lastgood.is_backup_name_taken(v_name) then
      v_taken := v_number;
    else
      v_free := v_number;
    end if;
    exit when v_free = v_taken + 1;
    v_number := coalesce((v_taken + v_free) / 2, v_taken * 2);
    v_name := p_base || coalesce('-' || nullif(v_number, 1), '');
  end loop;
  return p_base || coalesce('-' || nullif(v_free, 1), '');
end;
$$;

comment on function lastgood.free_backup_name(text) is
  'A name for a backup that no other has: as given, or with a number after it.';
