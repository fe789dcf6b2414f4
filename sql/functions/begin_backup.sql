-- Begins a backup, for people or for a schedule: a row, a copy for each provider, a lease with its
-- token, and the report of the start. What would build on a chain that is full is a full backup.
-- Raises LG053 for room, LG032 and LG033 for the parent, LG034.
create or replace function lastgood.begin_backup(
  p_source_id      bigint,
  p_providers      bigint[],
  p_name           text,
  p_is_incremental boolean,
  p_parent_id      bigint,
  p_schedule_id    bigint,
  p_host           text,
  p_lease          interval
)
  returns jsonb
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_parent_id  bigint;
  v_full_chain integer;
  v_backup_id  bigint;
  v_token      uuid;
  v_backup     jsonb;
begin
  perform lastgood.check_room(p_source_id, p_providers);
  if p_is_incremental or p_parent_id is not null then
    v_parent_id := lastgood.choose_parent(p_source_id, p_providers, p_is_incremental, p_parent_id);
    v_full_chain := lastgood.full_chain(v_parent_id, (
      select s.max_chain
      from lastgood.schedule as s
      where s.schedule_id = p_schedule_id
    ));
    if v_full_chain is not null then
      v_parent_id := null;
    end if;
  end if;
  insert into lastgood.backup (name, source_id, type, parent_id, schedule_id, lease_until, host)
  values (
    p_name, p_source_id, case when v_parent_id is null then 'full' else 'incremental' end,
    v_parent_id, p_schedule_id, lastgood.lease_end(p_lease), p_host
  )
  returning backup_id, token
  into v_backup_id, v_token;
  insert into lastgood.backup_copy (
    backup_id, provider_id, layout, recipients, group_name, is_begun
  )
  select
    v_backup_id,
    p.provider_id,
    -- What is no tree of files gains nothing from plain folders, and would lie there uncompressed.
    case when t.is_tree or y.layouts @> '{pack}' is not true then p.layout else 'pack' end,
    p.recipients,
    p.group_name,
    false
  from lastgood.provider as p
  join lastgood.provider_type as y on y.type = p.type
  cross join lastgood.source as s
  join lastgood.source_type as t on t.type = s.type
  where s.source_id = p_source_id and p.provider_id = any (p_providers)
  order by p.provider_id;
  v_backup := lastgood.describe_backup(v_backup_id);
  perform lastgood.report_backup(v_backup_id, 0, format(
    'A backup of source "%s" was started%s.', v_backup ->> 'source', ' on ' || p_host
  ));
  return v_backup || jsonb_build_object(
    'token', v_token,
    'fell_back', p_is_incremental and v_parent_id is null and v_full_chain is null,
    'full_chain', v_full_chain,
    'exclude_tables', array_remove(
      regexp_split_to_array(btrim(lastgood.get_config_value('BackupExcludeTables')), '\s*,\s*'), ''
    ),
    'copies', lastgood.describe_copies(v_backup_id)
  );
end;
$$;

comment on function lastgood.begin_backup(
  bigint, bigint[], text, boolean, bigint, bigint, text, interval
) is 'Begins a backup and reports it; returns all that making it needs, its token too.';
