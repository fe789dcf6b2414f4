-- Backups with what is known of them. Good and proven are what the words of the verdict mean: see
-- backup_status, which asks the same of the one backup that a report names.
create or replace view lastgood.backup_summary as
select
  b.backup_id,
  b.name,
  s.name as source,
  s.type as source_type,
  y.fqdn,
  s.scope,
  b.type,
  b.parent_id,
  b.state,
  best.proof_level,
  b.state = 'COMPLETE' and coalesce(best.proof_level >= (
    select setting.proof_level
    from lastgood.setting
  ), false) as is_good,
  b.state = 'COMPLETE' and coalesce(best.proof_level >= 2, false) as is_proven,
  b.started_at,
  b.ended_at,
  b.lease_until as running_until,
  b.size_bytes,
  b.entries,
  b.reason,
  b.missing,
  b.not_collected,
  b.versions,
  b.held_at,
  b.held_by,
  b.hold_reason,
  b.host,
  (
    select coalesce(jsonb_agg(jsonb_build_object(
      'backup_copy_id', c.backup_copy_id,
      'provider', p.name,
      'state', c.state,
      'layout', c.layout,
      'group_name', c.group_name,
      'recipients', c.recipients,
      'proof_level', c.proof_level,
      'proven_at', c.proven_at,
      'stored_bytes', c.stored_bytes,
      'last_result', c.last_result,
      'last_checked_at', c.last_checked_at,
      'reason', c.reason
    ) order by c.backup_copy_id), '[]')
    from lastgood.backup_copy as c
    join lastgood.provider as p on p.provider_id = c.provider_id
    where c.backup_id = b.backup_id
  ) as copies,
  b.source_id,
  b.started_by,
  b.deleted_at,
  b.groups,
  b.origin,
  b.attached_at,
  b.items_known,
  b.schedule_id
from lastgood.backup as b
join lastgood.source as s on s.source_id = b.source_id
join lastgood.system as y on y.system_id = s.system_id
cross join lateral (
  select greatest(
    max(held.proof_level) filter (where held.group_name is null),
    case when count(held.group_name) = cardinality(b.groups)
      then min(held.proof_level) filter (where held.group_name is not null) end
  ) as proof_level
  from (
    select c.group_name, max(c.proof_level) as proof_level
    from lastgood.backup_copy as c
    where c.backup_id = b.backup_id and c.state = 'COMPLETE'
    group by c.group_name
  ) as held
) as best;

comment on view lastgood.backup_summary is
  'Every backup with its source, its copies and how far the best good one of them is proven.';
