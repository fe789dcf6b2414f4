-- Adds what can be picked at restore; an item that is there already stays. Raises LG035, LG052.
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
begin
  perform lastgood.own_backup(p_backup_id, p_token);
  return lastgood.insert_items(p_backup_id, p_items);
end;
$$;

comment on function lastgood.add_items(bigint, uuid, jsonb) is
  'Adds items of a running backup; returns how many are new.';
