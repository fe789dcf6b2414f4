-- Backups that are none here, and whole at a place that is being attached: they are good again.
-- The catalogue was set back to a moment while they ran, or they were deleted here while their
-- place was not known. What the verdict knew of them it knows still; a failure is reported anew as
-- what it was. One that failed, and of which something is gone there, too, may never have been
-- whole: it stays as it is, and so does what lies there, until somebody deletes it. Returns the
-- others with the state that they had. Raises LG039 for one that still runs.
create or replace function lastgood.revive_backups(p_found jsonb)
  returns jsonb
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_running text;
  v_revived jsonb;
begin
  -- Waits for what ends one or deletes it.
  perform
  from lastgood.backup as b
  join jsonb_to_recordset(p_found) as f(backup_id bigint) on f.backup_id = b.backup_id
  where b.state not in ('COMPLETE', 'PARTIAL')
  order by b.backup_id
  for no key update of b;
  select b.name, r.revived
  into v_running, v_revived
  from (
    select coalesce(jsonb_agg(jsonb_build_object(
      'backup_id', b.backup_id, 'backup', b.name, 'was', b.state
    ) order by b.backup_id), '[]') as revived,
      min(b.backup_id) filter (where b.state = 'RUNNING') as running_id
    from lastgood.backup as b
    join jsonb_to_recordset(p_found) as f(backup_id bigint, state text)
      on f.backup_id = b.backup_id
    where b.state not in ('COMPLETE', 'PARTIAL') and (b.state <> 'FAILED' or f.state = 'COMPLETE')
  ) as r
  left join lastgood.backup as b on b.backup_id = r.running_id;
  if v_running is not null then
    raise exception 'backup "%" is running, and lies there whole', v_running
      using errcode = 'LG039', hint = 'Wait for its end, or stop it; then attach the place again.';
  end if;
  update lastgood.backup as b
  set state = case f.missing when 0 then 'COMPLETE' else 'PARTIAL' end,
    ended_at = f.ended_at, size_bytes = f.size_bytes, entries = f.entries, groups = f.groups,
    reason = lastgood.missing_text(f.missing), missing = '[]', items_known = false,
    deleted_at = null, attached_at = clock_timestamp(),
    ended_event = case when exists (
      select
      from lastgood.audit_log as a
      where a.event_id = b.ended_event and a.log_type = 9025
    ) then b.ended_event else gen_random_uuid() end
  from jsonb_to_recordset(p_found) as f(
    backup_id bigint, ended_at timestamptz, size_bytes bigint, entries bigint, missing bigint,
    groups text[], state text
  )
  where b.backup_id = f.backup_id and b.state not in ('COMPLETE', 'PARTIAL')
    and (b.state <> 'FAILED' or f.state = 'COMPLETE');
  perform lastgood.tell_of_backup(
    9134, r.backup_id, session_user, 'attached', 'it was ' || r.was || ' here, and lies there'
  )
  from jsonb_to_recordset(v_revived) as r(backup_id bigint, was text);
  return v_revived;
end;
$$;

comment on function lastgood.revive_backups(jsonb) is
  'Makes backups good again that are none here and were found whole; returns them.';
