-- What lies at a provider that was attached, by source, as one document.
create or replace function lastgood.describe_attached(p_provider_id bigint)
  returns jsonb
  language sql
  stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'source', r.name,
    'type', r.type,
    'fqdn', r.fqdn,
    'scope', r.scope,
    'goes_on', r.is_live,
    'settings', r.settings,
    'backups', r.backups,
    'complete', r.complete,
    'newest_id', newest.backup_id,
    'newest', newest.name,
    'newest_at', newest.started_at,
    'newest_stored_name', newest.stored_name
  ) order by r.name, r.source_id), '[]')
  from (
    select
      s.source_id, s.name, s.type, y.fqdn, s.scope, s.deleted_at is null as is_live,
      case when s.deleted_at is null and s.origin is not null then s.settings end as settings,
      count(*) as backups,
      count(*) filter (where b.state = 'COMPLETE' and c.state = 'COMPLETE') as complete
    from lastgood.backup_copy as c
    join lastgood.backup as b on b.backup_id = c.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.provider_id = p_provider_id
    group by s.source_id, y.fqdn
  ) as r
  left join lateral (
    select
      b.backup_id, b.name, b.started_at, coalesce(b.origin_name, b.name) as stored_name
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    where b.source_id = r.source_id and c.provider_id = p_provider_id and c.state = 'COMPLETE'
    order by b.started_at desc, b.backup_id desc
    limit 1
  ) as newest on true;
end;

comment on function lastgood.describe_attached(bigint) is
  'The sources of which copies lie at a provider, with their newest one there.';
