-- Whether a backup and all those that it builds on are COMPLETE.
create or replace function lastgood.is_chain_intact(p_backup_id bigint)
  returns boolean
  language sql
  stable
begin atomic
  with recursive chain(parent_id, state) as (
    select b.parent_id, b.state
    from lastgood.backup as b
    where b.backup_id = p_backup_id
    union all
    select b.parent_id, b.state
    from chain as c
    join lastgood.backup as b on b.backup_id = c.parent_id
  )
  select coalesce(bool_and(c.state = 'COMPLETE'), false)
  from chain as c;
end;

comment on function lastgood.is_chain_intact(bigint) is
  'Whether a backup and all those that it builds on are COMPLETE.';
