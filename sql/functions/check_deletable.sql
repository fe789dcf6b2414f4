-- Refuses to delete what somebody needs: LG039 while it runs, LG040 where others build on it, LG041
-- held, LG042 being restored, LG043 the newest good of its source, LG044 the newest proven, LG045
-- deleted already. What a schedule builds on counts as if something did. A failed one may always
-- go, so may the last ones of a deleted source, and a deletion that was begun may go on.
create or replace function lastgood.check_deletable(p_backup_id bigint)
  returns void
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_code   text;
  v_defect text;
  v_hint   text;
begin
  select r.code, r.defect, r.hint
  into v_code, v_defect, v_hint
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  left join lateral (
    select c.schedule_id, c.name
    from lastgood.schedule as c
    where c.parent_id = b.backup_id and c.deleted_at is null
    order by c.schedule_id
    limit 1
  ) as builder on true
  cross join lateral (
    values
      (b.state = 'RUNNING', 'LG039', 'is running', 'Wait for its end, or stop it.'),
      (b.state = 'DELETED', 'LG045', 'is deleted already', 'Its row stays for the history.'),
      (b.state in ('COMPLETE', 'PARTIAL') and b.held_at is not null, 'LG041',
       'is held by ' || coalesce(b.held_by, '') || coalesce(': ' || b.hold_reason, ''),
       'Release it first: lastgood backup release ' || b.name),
      (b.state in ('COMPLETE', 'PARTIAL') and exists (
        select
        from lastgood.backup as child
        where child.parent_id = b.backup_id
          and child.state not in ('FAILED', 'DELETED', 'DELETING')
      ), 'LG040', 'is the parent of others', 'Delete those that build on it first.'),
      (b.state in ('COMPLETE', 'PARTIAL') and builder.schedule_id is not null, 'LG040',
       format('is what schedule "%s" builds on', builder.name),
       format('Let it build on another one, lastgood schedule update %s --parent BACKUP, or delete'
         ' it first.', builder.schedule_id)),
      (exists (
        select
        from lastgood.restore as r
        where r.backup_id = b.backup_id and r.state = 'RUNNING'
          and r.lease_until > clock_timestamp()
      ), 'LG042', 'is being restored', 'Wait for the end of the restore.'),
      (s.deleted_at is null and b.backup_id = (
        select g.backup_id
        from lastgood.backup_summary as g
        where g.source_id = b.source_id and g.is_good
        order by g.ended_at desc, g.backup_id desc
        limit 1
      ), 'LG043', 'is the newest good one of its source', 'Make a newer one first.'),
      (s.deleted_at is null and b.backup_id = (
        select g.backup_id
        from lastgood.backup_summary as g
        where g.source_id = b.source_id and g.is_proven
        order by g.ended_at desc, g.backup_id desc
        limit 1
      ), 'LG044', 'is the newest proven one of its source',
       'Make a newer one, or verify one: lastgood backup verify BACKUP')
  ) as r(is_so, code, defect, hint)
  where b.backup_id = p_backup_id and r.is_so
  order by r.code, r.defect desc
  limit 1;
  if found then
    raise exception 'backup % %', p_backup_id, v_defect
      using errcode = v_code, hint = v_hint;
  end if;
end;
$$;

comment on function lastgood.check_deletable(bigint) is
  'Refuses to delete a backup that somebody needs, with the reason.';
