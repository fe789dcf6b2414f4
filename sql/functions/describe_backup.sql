-- A backup as whoever makes, restores or deletes it needs it, without its token.
--
-- plpgsql, which plans it once a session: others call it often.
create or replace function lastgood.describe_backup(p_backup_id bigint)
  returns jsonb
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return (
    select jsonb_build_object(
      'backup_id', b.backup_id,
      'name', b.name,
      'type', b.type,
      'state', b.state,
      'parent_id', b.parent_id,
      -- As it is called where it lies.
      'parent_name', coalesce(o.origin_name, o.name),
      'source_id', s.source_id,
      'source', s.name,
      'source_type', s.type,
      'settings', s.settings,
      'fqdn', y.fqdn,
      'scope', s.scope,
      'installation', i.installation_id,
      'started_at', b.started_at
    )
    from lastgood.backup as b
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    cross join lastgood.installation as i
    left join lastgood.backup as o on o.backup_id = b.parent_id
    where b.backup_id = p_backup_id
  );
end;
$$;

comment on function lastgood.describe_backup(bigint) is
  'A backup with its source and system, as one document.';
