-- Notes which packs a sealed copy uses, and how much of each; it names no others from now on.
-- Raises LG036 for one that it did not name before, or that is not COMPLETE.
create or replace function lastgood.settle_packs(
  p_backup_copy_id bigint,
  p_packs          jsonb
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
begin
  select given.name
  into v_name
  from jsonb_to_recordset(p_packs) as given(name text)
  where not exists (
    select
    from lastgood.backup_copy_pack as u
    join lastgood.pack as k on k.pack_id = u.pack_id
    where u.backup_copy_id = p_backup_copy_id and k.name = given.name and k.state = 'COMPLETE'
  )
  limit 1;
  if found then
    raise exception 'pack "%" is not complete, or not of copy %', v_name, p_backup_copy_id
      using errcode = 'LG036', hint = 'Complete every pack, or name it with use_packs, before.';
  end if;
  delete from lastgood.backup_copy_pack as u
  using lastgood.pack as k
  where u.backup_copy_id = p_backup_copy_id and k.pack_id = u.pack_id
    and k.name not in (select g.name from jsonb_to_recordset(p_packs) as g(name text));
  update lastgood.backup_copy_pack as u
  set used_bytes = coalesce(given.used, 0)
  from jsonb_to_recordset(p_packs) as given(name text, used bigint)
  join lastgood.pack as k on k.name = given.name
  where u.backup_copy_id = p_backup_copy_id and u.pack_id = k.pack_id;
end;
$$;

comment on function lastgood.settle_packs(bigint, jsonb) is
  'Notes which packs a copy uses from now on, and how much of each.';
