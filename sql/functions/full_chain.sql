-- How many backups build on one another up to this one where none may be added, so that the next
-- one begins a chain; null where there is room. Without a limit BackupMaxChainLength holds.
create or replace function lastgood.full_chain(
  p_backup_id bigint,
  p_max_chain integer default null
)
  returns integer
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_length integer := lastgood.chain_length(p_backup_id);
begin
  return case when v_length >= coalesce(
    p_max_chain, lastgood.get_config_value('BackupMaxChainLength')::integer
  ) then v_length end;
end;
$$;

comment on function lastgood.full_chain(bigint, integer) is
  'How many backups a chain has that may have no more; null where there is room.';
