-- Adds what can be picked at restore; an item that is there already stays. Returns how many are
-- new. Raises LG052 for a kind that is not known or a name that is none.
create or replace function lastgood.insert_items(p_backup_id bigint, p_items jsonb)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_count bigint;
begin
  insert into lastgood.backup_item (backup_id, kind, name, parent_name, size_bytes, details)
  select
    p_backup_id, i.kind, i.name, i.parent, i."sizeBytes", coalesce(i.details, '{}')
  from jsonb_to_recordset(p_items)
    as i(kind text, name text, parent text, "sizeBytes" bigint, details jsonb)
  on conflict (backup_id, kind, name) do nothing;
  get diagnostics v_count = row_count;
  return v_count;
exception
  when check_violation or not_null_violation then
    raise exception 'there is an item that cannot be: %', sqlerrm
      using errcode = 'LG052', hint = 'Items have a kind of lastgood.backup_item, and a name.';
end;
$$;

comment on function lastgood.insert_items(bigint, jsonb) is
  'Adds items of a backup; returns how many are new.';
