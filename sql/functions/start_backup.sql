-- Starts a backup of a source: see begin_backup. Raises LG021 and LG022 for the name, LG026, LG030,
-- LG031 and LG055 for the providers, LG053 for their room, LG028 for the source, LG032 and LG033
-- for the parent, LG034.
--
-- SECURITY DEFINER: operators start backups here, and not in the table.
create or replace function lastgood.start_backup(
  p_source         text,
  p_providers      text[] default null,
  p_name           text default null,
  p_is_incremental boolean default false,
  p_parent_id      bigint default null,
  p_host           text default null,
  p_lease          interval default '60 seconds'
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_source_id bigint   := lastgood.find_source(p_source);
  v_providers bigint[] := lastgood.choose_providers(p_providers, v_source_id);
begin
  return lastgood.begin_backup(
    v_source_id, v_providers, lastgood.choose_backup_name(p_source, p_name),
    coalesce(p_is_incremental, false), p_parent_id, null, p_host, p_lease
  );
end;
$$;

comment on function lastgood.start_backup(
  text, text[], text, boolean, bigint, text, interval
) is 'Starts a backup and reports it; returns all that making it needs, its token too.';
