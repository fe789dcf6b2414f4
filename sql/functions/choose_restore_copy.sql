-- The copy that a restore reads: a good one, the best proven; one that holds all of the backup
-- before those of groups. A bad one only where it, or its provider, is named. Null where none is
-- left.
create or replace function lastgood.choose_restore_copy(
  p_backup_id      bigint,
  p_backup_copy_id bigint,
  p_provider       text,
  p_tried          bigint[]
)
  returns bigint
  language sql
  stable
begin atomic
  select c.backup_copy_id
  from lastgood.copy_status as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  where c.backup_id = p_backup_id and b.state in ('COMPLETE', 'PARTIAL')
    and (
      c.state = 'COMPLETE'
      or c.state = 'CORRUPT' and (p_backup_copy_id is not null or p_provider is not null)
    )
    and (p_backup_copy_id is null or c.backup_copy_id = p_backup_copy_id)
    and (p_provider is null or c.provider = p_provider)
    and c.backup_copy_id <> all (p_tried)
  order by c.group_name is null desc, c.proof_level desc, c.proven_at desc nulls last,
    c.backup_copy_id
  limit 1;
end;

comment on function lastgood.choose_restore_copy(bigint, bigint, text, bigint[]) is
  'The copy of a backup that a restore should read next, or null.';
