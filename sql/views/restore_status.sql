create or replace view lastgood.restore_status as
select
  r.restore_id,
  r.backup_id,
  b.name as backup,
  r.state,
  r.picked,
  r.target,
  p.name as provider,
  r.started_at,
  r.ended_at,
  r.restored_bytes,
  r.actions,
  r.reason,
  r.host,
  r.started_by,
  r.lease_until as running_until
from lastgood.restore as r
join lastgood.backup as b on b.backup_id = r.backup_id
left join lastgood.backup_copy as c on c.backup_copy_id = r.backup_copy_id
left join lastgood.provider as p on p.provider_id = c.provider_id;

comment on view lastgood.restore_status is
  'Every restore: of which backup, what was picked, where to, and how it ended.';
