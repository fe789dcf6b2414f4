-- What can be removed at a provider, decided under its lock: packs that no RUNNING, COMPLETE or
-- PARTIAL backup names any more are DELETING from now on, and copies that nobody needs are listed.
-- Packs that a manifest may need which cannot be read stay, see forget_unreadable. Safe to repeat:
-- what was claimed and not removed is returned again.
--
-- SECURITY DEFINER: operators have no right to the tables. Raises LG054.
create or replace function lastgood.claim_leftovers(p_provider_id bigint)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  -- For so long whoever made a backup that failed may come back from a sleep, and go on writing:
  -- packs that it had begun are returned all the time, the rest is for stray_backups.
  c_sleep  constant interval := interval '7 days';
  v_packs  jsonb;
  v_copies jsonb;
begin
  perform lastgood.lock_provider(p_provider_id);
  -- A repack that died leaves packs of which nobody ever used a byte.
  delete from lastgood.backup_copy_pack as u
  using lastgood.backup_copy as c, lastgood.backup as b, lastgood.pack as k
  where c.backup_copy_id = u.backup_copy_id and b.backup_id = c.backup_id and k.pack_id = u.pack_id
    and c.provider_id = p_provider_id and b.state <> 'RUNNING'
    and (
      c.state in ('DELETING', 'DELETED', 'DELETE_FAILED')
      or u.used_bytes is null and k.added_at < clock_timestamp() - interval '1 day'
    );
  delete from lastgood.pack as k
  where k.provider_id = p_provider_id and k.forgotten_at < clock_timestamp() - c_sleep;
  update lastgood.pack as k
  set state = 'DELETING', contents = null
  where k.provider_id = p_provider_id and k.state <> 'DELETING' and not k.is_held
    and not exists (
      select
      from lastgood.backup_copy_pack as u
      where u.pack_id = k.pack_id
    );
  select coalesce(jsonb_agg(k.name order by k.pack_id), '[]')
  into v_packs
  from lastgood.pack as k
  where k.provider_id = p_provider_id and k.state = 'DELETING';
  select coalesce(jsonb_agg(jsonb_build_object(
    'backup_copy_id', c.backup_copy_id, 'backup', coalesce(b.origin_name, b.name),
    'layout', c.layout, 'manifest_key', c.manifest_key
  ) order by c.backup_copy_id), '[]')
  into v_copies
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  where c.provider_id = p_provider_id and c.state in ('DELETING', 'DELETE_FAILED')
    and b.state <> 'RUNNING';
  return jsonb_build_object(
    'packs', v_packs,
    'copies', v_copies,
    'may_hold_strays', exists (
      select
      from lastgood.backup as b
      join lastgood.backup_copy as c on c.backup_id = b.backup_id
      where b.state = 'FAILED' and b.ended_at > clock_timestamp() - c_sleep
        and c.provider_id = p_provider_id and c.is_begun
    ),
    'unreadable', (
      select to_jsonb(p.unreadable)
      from lastgood.provider as p
      where p.provider_id = p_provider_id
    )
  );
end;
$$;

comment on function lastgood.claim_leftovers(bigint) is
  'Which packs and copies at a provider are to be removed, as nobody needs them any more.';
