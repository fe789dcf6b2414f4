-- What incremental backups that were found build on, as far as it is known: their manifests have
-- the name under which that lies. It was made by the same installation, or lies at the same place,
-- and began before: manifests that name each other would make a chain without a beginning.
create or replace function lastgood.attach_parents(p_provider_id bigint, p_found jsonb)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  update lastgood.backup as b
  set parent_id = r.parent_id
  from (
    select
      f.backup_id,
      (
        select o.backup_id
        from (
          select named.backup_id, named.origin, named.started_at
          from lastgood.backup as named
          where named.origin_name = f.parent
          union all
          select own.backup_id, i.installation_id, own.started_at
          from lastgood.backup as own
          cross join lastgood.installation as i
          where own.name = f.parent and own.origin is null
        ) as o
        where o.started_at < f.started_at
          and (
            o.origin = f.origin
            or exists (
              select
              from lastgood.backup_copy as c
              where c.backup_id = o.backup_id and c.provider_id = p_provider_id
            )
          )
        order by (o.origin = f.origin) desc, o.backup_id desc
        limit 1
      ) as parent_id
    from jsonb_to_recordset(p_found) as f(
      backup_id bigint, origin uuid, parent text, started_at timestamptz
    )
    where f.parent is not null
  ) as r
  where b.backup_id = r.backup_id and b.type = 'incremental' and b.parent_id is null;
end;
$$;

comment on function lastgood.attach_parents(bigint, jsonb) is
  'Lets incremental backups that were found know what they build on.';
