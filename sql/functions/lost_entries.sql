-- What a source seems to have lost, as an entry of what is missing: where a backup has less than
-- half of what the newest complete one has, rather the source is not all there, such as a folder
-- that is not mounted. None where there were few, or the source may shrink. That of a folder fails
-- where it has less than half of its parent, which may be PARTIAL; a full one may be of any size.
create or replace function lastgood.lost_entries(p_backup_id bigint, p_entries bigint)
  returns jsonb
  language sql
  stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'path', format('%s of %s entries', before.entries - p_entries, before.entries),
    'reason', format(
      'backup "%s" has them; if they are gone for good: lastgood source set %s --set'
      ' allow_shrink=true, until a backup is COMPLETE', before.name, s.name
    )
  )), '[]')
  from lastgood.backup as b
  join lastgood.source as s on s.source_id = b.source_id
  cross join lateral (
    select o.name, o.entries
    from lastgood.backup as o
    where o.source_id = s.source_id and o.state = 'COMPLETE'
    order by o.ended_at desc, o.backup_id desc
    limit 1
  ) as before
  where b.backup_id = p_backup_id
    and (s.type = 'ovf' or s.type = 'files' and b.type = 'incremental')
    and coalesce(s.settings ->> 'allow_shrink', 'false') <> 'true'
    and before.entries >= 10 and p_entries < before.entries / 2.0;
end;

comment on function lastgood.lost_entries(bigint, bigint) is
  'What a source seems to have lost since its newest complete backup, as missing.';
