-- The copies of a backup that are not deleted, as rows of copy_status, each with that of its parent
-- at the same provider.
--
-- plpgsql, which plans it once a session: others call it often. Without a parent it would be
-- planned anew each time, for what that saves.
create or replace function lastgood.describe_copies(p_backup_id bigint)
  returns jsonb
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
  set plan_cache_mode = force_generic_plan
as $$
declare
  v_parent_id bigint := (
    select b.parent_id
    from lastgood.backup as b
    where b.backup_id = p_backup_id
  );
begin
  return (
    select coalesce(jsonb_agg(
      to_jsonb(c) || jsonb_build_object('parent_copy', to_jsonb(o)) order by c.backup_copy_id
    ), '[]')
    from lastgood.copy_status as c
    left join lastgood.copy_status as o
      on o.backup_id = v_parent_id and o.provider_id = c.provider_id and o.state = 'COMPLETE'
    where c.backup_id = p_backup_id and c.state <> 'DELETED'
  );
end;
$$;

comment on function lastgood.describe_copies(bigint) is
  'The copies of a backup that are not deleted, as a list of documents.';
