-- Living schedules that hold more than they keep at a provider that is full: expire_backups of each
-- makes room there. Once they let go, others may that had to keep what these built on.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.schedules_to_expire()
  returns setof bigint
  language sql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
begin atomic
  with there as materialized (
    select b.schedule_id, b.backup_id
    from lastgood.provider as p
    join lastgood.backup_copy as c on c.provider_id = p.provider_id and c.state <> 'DELETED'
    join lastgood.backup as b on b.backup_id = c.backup_id
    where num_nonnulls(p.max_backups, p.max_bytes) > 0
      and lastgood.quota_reached(p.provider_id) is not null
  )
  select s.schedule_id
  from lastgood.schedule as s
  where s.deleted_at is null
    and s.schedule_id in (
      select t.schedule_id
      from there as t
    )
    and exists (
      select
      from lastgood.retention_plan(s.schedule_id) as r
      join there as t on t.backup_id = r.backup_id
      where not r.is_kept
    )
  order by s.schedule_id;
end;

comment on function lastgood.schedules_to_expire() is
  'Schedules that hold more than they keep at a provider that is full.';
