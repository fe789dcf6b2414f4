-- Says that a pack is about to be written, before its first byte: what a crash leaves of it is
-- found by this row. Raises LG021 for what cannot be its name, LG035, LG037 for one that is taken.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.begin_pack(
  p_backup_copy_id bigint,
  p_token          uuid,
  p_name           text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint := lastgood.own_copy(p_backup_copy_id, p_token);
begin
  perform lastgood.add_pack(v_provider_id, array[p_backup_copy_id], p_name);
end;
$$;

comment on function lastgood.begin_pack(bigint, uuid, text) is
  'Names a pack as of this copy, before its first byte is written.';
