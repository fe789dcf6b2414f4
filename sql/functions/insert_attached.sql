-- The rows of backups that are not known yet. A name that is taken here gets a number; where the
-- bytes lie it stays what it was. What is missing is known in number alone until somebody asks:
-- where not even that is, the backup counts as PARTIAL.
create or replace function lastgood.insert_attached(p_found jsonb)
  returns void
  language sql
  volatile
begin atomic
  insert into lastgood.backup (
    name, source_id, type, state, started_at, ended_at, size_bytes, entries, reason, groups,
    origin, origin_name, attached_at, items_known, token
  )
  select
    free.name, f.source_id, f.type,
    case f.missing when 0 then 'COMPLETE' else 'PARTIAL' end,
    f.started_at, f.ended_at, f.size_bytes, f.entries,
    lastgood.missing_text(f.missing),
    f.groups, f.origin, f.name, clock_timestamp(),
    -- Named, or version 14 writes it otherwise than later ones: see functions_hash.
    false as items_known,
    null::uuid
  from lastgood.found_copies(p_found) as f
  cross join lateral (
    select case
      when not exists (select from lastgood.backup as b where b.name = f.name) then f.name
      else (
        select r.name
        from generate_series(2, 1000) as n(number)
        cross join lateral (select left(f.name, 122) || '-' || n.number as name) as r
        where not exists (select from lastgood.backup as b where b.name = r.name)
          and not exists (
            select
            from jsonb_to_recordset(p_found) as o(name text)
            where o.name = r.name
          )
        order by n.number
        limit 1
      )
    end as name
  ) as free
  where f.backup_id is null
  order by f.started_at, f.name;
end;

comment on function lastgood.insert_attached(jsonb) is
  'Makes the rows of backups that were found at a place and are not known here.';
