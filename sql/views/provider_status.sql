-- Places that keep backups. Of a pack that several backups share, the bytes count once. Leftovers
-- are copies and packs that nobody needs and that are still there, or were when it was last tried.
create or replace view lastgood.provider_status as
select
  p.provider_id,
  p.name,
  p.type,
  t.keeps,
  p.layout,
  p.recipients,
  p.settings,
  p.marker,
  p.name = 'noop' as is_builtin,
  kept.copies,
  kept.bytes + packed.bytes as stored_bytes,
  (
    select c.backup_id
    from lastgood.backup_copy as c
    where c.provider_id = p.provider_id and c.state = 'COMPLETE'
    order by c.backup_id desc
    limit 1
  ) as newest_backup_id,
  t.description,
  p.group_name,
  p.max_running,
  p.max_backups,
  p.max_bytes,
  p.unreadable,
  packed.held_bytes,
  (
    select count(*)
    from lastgood.backup_copy as c
    join lastgood.backup as b on b.backup_id = c.backup_id
    where c.provider_id = p.provider_id and c.state in ('DELETING', 'DELETE_FAILED')
      and b.state <> 'RUNNING'
  ) + (
    select count(*)
    from lastgood.pack as k
    where k.provider_id = p.provider_id and k.state = 'DELETING' and k.forgotten_at is null
  ) as leftovers,
  p.sweep_at,
  p.sweep_failures,
  p.sweep_error
from lastgood.provider as p
join lastgood.provider_type as t on t.type = p.type
cross join lateral (
  select
    count(*) as copies,
    coalesce(sum(
      case c.layout when 'pack' then c.manifest_size else c.stored_bytes end
    ), 0)::bigint as bytes
  from lastgood.backup_copy as c
  where c.provider_id = p.provider_id and c.state <> 'DELETED'
) as kept
cross join lateral (
  select
    coalesce(sum(k.size_bytes), 0)::bigint as bytes,
    coalesce(sum(k.size_bytes) filter (where k.is_held and not exists (
      select
      from lastgood.backup_copy_pack as u
      where u.pack_id = k.pack_id
    )), 0)::bigint as held_bytes
  from lastgood.pack as k
  where k.provider_id = p.provider_id
) as packed;

comment on view lastgood.provider_status is
  'Every provider with what it keeps, how, and how many copies and bytes lie there.';
