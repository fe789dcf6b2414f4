-- Starts a restore: a row, a lease with its token, and what reading the copy needs. Where no copy
-- or provider is named, it is the good one that is proven best. Raises LG034, LG038, LG049 where
-- nothing can be restored.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.start_restore(
  p_backup_id      bigint,
  p_backup_copy_id bigint default null,
  p_picked         text[] default '{}',
  p_target         text default '',
  p_host           text default null,
  p_lease          interval default '60 seconds',
  p_provider       text default null
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id  bigint := lastgood.find_backup(p_backup_id::text);
  v_copy_id    bigint;
  v_restore_id bigint;
  v_token      uuid;
begin
  -- Keeps it from being deleted meanwhile.
  perform from lastgood.backup as b where b.backup_id = v_backup_id for share;
  v_copy_id := lastgood.choose_restore_copy(v_backup_id, p_backup_copy_id, p_provider, '{}');
  if v_copy_id is null then
    raise exception 'backup % cannot be restored%', p_backup_id,
        coalesce(' from provider ' || p_provider, ' from copy ' || p_backup_copy_id, '')
      using errcode = 'LG049',
        hint = 'It must be COMPLETE or PARTIAL and have a COMPLETE copy; a CORRUPT one must be'
          ' named: lastgood backup show ' || p_backup_id;
  end if;
  insert into lastgood.restore (backup_id, backup_copy_id, picked, target, lease_until, host)
  values (
    v_backup_id, v_copy_id, coalesce(p_picked, '{}'), coalesce(p_target, ''),
    lastgood.lease_end(p_lease), p_host
  )
  returning restore_id, token
  into v_restore_id, v_token;
  return jsonb_build_object(
    'restore_id', v_restore_id,
    'token', v_token,
    'installation', (select i.installation_id from lastgood.installation as i),
    'copy', (
      select to_jsonb(c)
      from lastgood.copy_status as c
      where c.backup_copy_id = v_copy_id
    ),
    'backup', lastgood.describe_backup(v_backup_id),
    'source', (
      select jsonb_build_object(
        'source_id', s.source_id, 'name', s.name, 'type', s.type, 'settings', s.settings,
        'is_deleted', s.deleted_at is not null
      )
      from lastgood.backup as b
      join lastgood.source as s on s.source_id = b.source_id
      where b.backup_id = v_backup_id
    )
  );
end;
$$;

comment on function lastgood.start_restore(
  bigint, bigint, text[], text, text, interval, text
) is 'Starts a restore of a backup; returns all that it needs, its token too.';
