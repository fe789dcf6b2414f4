-- Adds what can be picked at restore; an item that is there already stays. Raises LG035, LG052 for
-- a kind that is not known or a name that is none.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.add_items(
  p_backup_id bigint,
  p_token     uuid,
  p_items     jsonb
)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_count bigint;
begin
  perform lastgood.own_backup(p_backup_id, p_token);
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

comment on function lastgood.add_items(bigint, uuid, jsonb) is
  'Adds items of a running backup; returns how many are new.';
