-- Starts a backup of a source: a row, a copy for each provider that keeps bytes, a lease with its
-- token, and the report of the start. Raises LG021 and LG022 for the name, LG026, LG030, LG031 and
-- LG055 for the providers, LG053 for their room, LG028 for the source, LG032 and LG033 for the
-- parent, LG034.
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
  v_source_id   bigint   := lastgood.find_source(p_source);
  v_providers   bigint[] := lastgood.choose_providers(p_providers, v_source_id);
  v_incremental boolean  := coalesce(p_is_incremental, false);
  v_parent_id   bigint;
  v_backup_id   bigint;
  v_token       uuid;
begin
  -- Of two that start at once where few fit, the later one sees the first.
  perform
  from lastgood.source as s
  where s.source_id = v_source_id and exists (
    select
    from lastgood.provider as p
    join lastgood.provider_type as t on t.type = p.type
    where p.provider_id = any (v_providers) and t.max_backups is not null
  )
  for no key update;
  perform lastgood.check_quota(
    given.provider_id, lastgood.choose_outgoing(given.provider_id, p_source)
  )
  from unnest(v_providers) as given(provider_id);
  v_parent_id := lastgood.choose_parent(v_source_id, v_providers, v_incremental, p_parent_id);
  insert into lastgood.backup (name, source_id, type, parent_id, lease_until, host)
  values (
    lastgood.choose_backup_name(p_source, p_name), v_source_id,
    case when v_parent_id is null then 'full' else 'incremental' end, v_parent_id,
    lastgood.lease_end(p_lease), p_host
  )
  returning backup_id, token
  into v_backup_id, v_token;
  insert into lastgood.backup_copy (backup_id, provider_id, layout, recipients, group_name)
  select
    v_backup_id,
    p.provider_id,
    -- What is no tree of files gains nothing from plain folders, and would lie there uncompressed.
    case when t.is_tree or y.layouts @> '{pack}' is not true then p.layout else 'pack' end,
    p.recipients,
    p.group_name
  from lastgood.provider as p
  join lastgood.provider_type as y on y.type = p.type
  cross join lastgood.source as s
  join lastgood.source_type as t on t.type = s.type
  where s.source_id = v_source_id and p.provider_id = any (v_providers)
  order by p.provider_id;
  perform lastgood.report_backup(v_backup_id, 0, format(
    'A backup of source "%s" was started%s.', p_source, ' on ' || p_host
  ));
  return lastgood.describe_backup(v_backup_id) || jsonb_build_object(
    'token', v_token,
    'fell_back', v_incremental and v_parent_id is null,
    'exclude_tables', array_remove(
      regexp_split_to_array(btrim(lastgood.get_config_value('BackupExcludeTables')), '\s*,\s*'), ''
    ),
    'copies', lastgood.describe_copies(v_backup_id)
  );
end;
$$;

comment on function lastgood.start_backup(
  text, text[], text, boolean, bigint, text, interval
) is 'Starts a backup and reports it; returns all that making it needs, its token too.';
