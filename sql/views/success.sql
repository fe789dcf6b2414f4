-- Every success with how far it can be believed: 0 for what another tool reported; for a backup of
-- ours the level of its best good copy, or null where it is COMPLETE no more, or has none.
create or replace view lastgood.success as
select
  l.fqdn,
  l.scope,
  l.counts_from,
  l.backup_id,
  case when l.backup_id is null then 0 else best.proof_level end as proof_level
from lastgood.engine_backup_log as l
cross join lateral (
  -- Copies of groups prove a backup as far as the least of them, where they hold all of its groups.
  select greatest(
    max(held.proof_level) filter (where held.group_name is null),
    case when count(held.group_name) = max(cardinality(held.groups))
      then min(held.proof_level) filter (where held.group_name is not null) end
  )::integer as proof_level
  from (
    select c.group_name, b.groups, max(c.proof_level) as proof_level
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    where b.backup_id = l.backup_id and b.state = 'COMPLETE' and c.state = 'COMPLETE'
    group by c.group_name, b.groups
  ) as held
) as best
where l.is_passed;

comment on view lastgood.success is
  'Inside: every success and its proof level; null where its backup is good no more.';
