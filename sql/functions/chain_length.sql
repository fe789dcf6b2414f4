-- How many backups there are in the chain that ends with this one: itself, and all those that it
-- builds on. Null where one of them failed, goes or is gone.
create or replace function lastgood.chain_length(p_backup_id bigint)
  returns integer
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
  select case when bool_and(c.state in ('COMPLETE', 'PARTIAL')) then count(*)::integer end
  from chain as c;
end;

comment on function lastgood.chain_length(bigint) is
  'How many backups a chain has; null where one of them is gone.';
