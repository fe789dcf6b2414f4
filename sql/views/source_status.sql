-- What lastgood backs up. Deleted sources are left out; their backups are not.
create or replace view lastgood.source_status as
select
  s.source_id,
  s.name,
  s.type,
  y.fqdn,
  s.scope,
  s.settings,
  s.added_at,
  kept.backups,
  newest.backup_id as last_backup_id,
  newest.state as last_backup_state,
  good.backup_id as last_good_backup_id,
  good.ended_at as last_good_at,
  proven.backup_id as last_proven_backup_id,
  s.labels,
  s.max_running
from lastgood.source as s
join lastgood.system as y on y.system_id = s.system_id
cross join lateral (
  select count(*) as backups
  from lastgood.backup as b
  where b.source_id = s.source_id and b.state in ('COMPLETE', 'PARTIAL')
) as kept
left join lateral (
  select b.backup_id, b.state
  from lastgood.backup as b
  where b.source_id = s.source_id
  -- Attached ones may be older than those that were known before.
  order by b.started_at desc, b.backup_id desc
  limit 1
) as newest on true
left join lateral (
  select b.backup_id, b.ended_at
  from lastgood.backup_summary as b
  where b.source_id = s.source_id and b.is_good
  order by b.ended_at desc, b.backup_id desc
  limit 1
) as good on true
left join lateral (
  select b.backup_id
  from lastgood.backup_summary as b
  where b.source_id = s.source_id and b.is_proven
  order by b.ended_at desc, b.backup_id desc
  limit 1
) as proven on true
where s.deleted_at is null;

comment on view lastgood.source_status is
  'Every source with its newest, newest good and newest proven backup.';
