-- What a backup lacks because no complete copy holds it: groups, as entries of its list of what is
-- missing. None where a copy holds all of the backup.
create or replace function lastgood.uncovered_groups(p_backup_id bigint, p_groups text[])
  returns jsonb
  language sql
  stable
begin atomic
  select coalesce(jsonb_agg(jsonb_build_object(
    'path', case g.name when '' then 'items of no group' else 'group ' || g.name end,
    'reason', 'no provider keeps it'
  ) order by g.name), '[]')
  from unnest(p_groups) as g(name)
  where not exists (
    select
    from lastgood.backup_copy as c
    where c.backup_id = p_backup_id and c.state = 'COMPLETE'
      and coalesce(c.group_name, g.name) = g.name
  );
end;

comment on function lastgood.uncovered_groups(bigint, text[]) is
  'Groups of a backup that no complete copy holds, as entries of what is missing.';
