-- Whether no new backup may be called so. Of a manifest that could not be read, or that the
-- catalogue has lost, no row tells: a new one would take its place, and one that a repack wrote
-- would go with the new backup.
--
-- plpgsql, which plans it once a session: each name that is tried asks.
create or replace function lastgood.is_backup_name_taken(p_name text)
  returns boolean
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
begin
  return exists (select from lastgood.backup as b where b.name = p_name) or exists (
    select
    from lastgood.provider as p
    cross join lateral unnest(p.unreadable) as u(key)
    where u.key = format('manifests/%s.manifest', p_name)
      or starts_with(u.key, format('manifests/repacked/%s/', p_name))
  );
end;
$$;

comment on function lastgood.is_backup_name_taken(text) is
  'Whether a backup, or a manifest that could not be read, has this name.';
