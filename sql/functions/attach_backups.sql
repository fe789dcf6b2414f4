-- Backups that were found at a place that is being attached, older ones first. One that is known
-- gets a further copy; one that failed here or was deleted is good again. Those that go on belong
-- to their live source from now on. Returns those that are good again, with the state that they
-- had. Raises LG039 for one that runs here, LG059 for what cannot be.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.attach_backups(
  p_provider_id bigint,
  p_found       jsonb,
  p_is_resumed  boolean
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_found   jsonb;
  v_revived jsonb;
begin
  perform lastgood.lock_provider(p_provider_id);
  perform lastgood.insert_attached(p_found);
  -- From here on each has its backup.
  select coalesce(jsonb_agg(to_jsonb(f)), '[]')
  into v_found
  from lastgood.found_copies(p_found) as f;
  v_revived := lastgood.revive_backups(v_found);
  insert into lastgood.backup_copy (
    backup_id, provider_id, state, layout, recipients, group_name, manifest_key, manifest_sha256,
    manifest_size, proof_level, proven_at, last_result, last_checked_at, reason
  )
  select
    f.backup_id, p_provider_id, f.state, f.layout, f.recipients, f.group_name, f.manifest_key,
    f.manifest_sha256, f.manifest_size,
    case f.state when 'COMPLETE' then 1 else 0 end,
    case f.state when 'COMPLETE' then clock_timestamp() end,
    case f.state when 'COMPLETE' then 'ok' else lower(f.state) end, clock_timestamp(), f.reason
  from jsonb_to_recordset(v_found) as f(
    backup_id bigint, layout text, recipients text[], group_name text, manifest_key text,
    manifest_sha256 text, manifest_size bigint, state text, reason text
  );
  perform lastgood.attach_packs(p_provider_id, v_found);
  perform lastgood.attach_parents(p_provider_id, v_found);
  -- A group that was not there before may have further items, and lack some.
  update lastgood.backup as b
  set items_known = false,
    state = case when b.state = 'COMPLETE' and f.missing is distinct from 0 then 'PARTIAL'
      else b.state end,
    reason = case
      when b.state <> 'COMPLETE' or f.missing = 0 then b.reason
      else format('%s of group "%s" could not be read',
        coalesce(f.missing::text, 'an unknown number'), f.group_name)
    end
  from jsonb_to_recordset(v_found) as f(backup_id bigint, group_name text, missing bigint)
  where b.backup_id = f.backup_id and f.group_name is not null
    and b.attached_at is not null;
  if p_is_resumed then
    update lastgood.backup as b
    set source_id = f.source_id
    from jsonb_to_recordset(v_found) as f(backup_id bigint, source_id bigint)
    where b.backup_id = f.backup_id and b.origin is not null and b.source_id <> f.source_id;
  end if;
  return v_revived;
exception
  when check_violation or not_null_violation or foreign_key_violation or data_exception then
    raise exception 'something that was found there cannot be: %', sqlerrm
      using errcode = 'LG059', hint = 'This is what lastgood provider attach makes of manifests.';
end;
$$;

comment on function lastgood.attach_backups(bigint, jsonb, boolean) is
  'Adds backups that were found at a place, and their copies; returns those that are good again.';
