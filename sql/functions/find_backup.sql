-- A backup as people name it: by its id or its name. Raises LG038 where there is none.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.find_backup(p_ref text)
  returns bigint
  language plpgsql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id bigint;
begin
  if p_ref ~ '^[0-9]{1,18}$' then
    select b.backup_id
    into v_backup_id
    from lastgood.backup as b
    where b.backup_id = p_ref::bigint;
  else
    select b.backup_id
    into v_backup_id
    from lastgood.backup as b
    where b.name = p_ref;
  end if;
  if v_backup_id is null then
    raise exception 'there is no backup "%"', p_ref
      using errcode = 'LG038', hint = 'See ids and names with: lastgood backup list';
  end if;
  return v_backup_id;
end;
$$;

comment on function lastgood.find_backup(text) is
  'The id of a backup by its id or name; LG038 where there is none.';
