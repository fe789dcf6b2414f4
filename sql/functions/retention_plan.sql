-- Every backup of a schedule that has bytes, newest first: whether it is kept, and all reasons
-- why. Those whose deletion was begun, or failed, go; it is tried again.
--
-- SECURITY DEFINER: readers have no right to the tables.
create or replace function lastgood.retention_plan(p_schedule_id bigint)
  returns table (backup_id bigint, name text, ended_at timestamptz, is_kept boolean, reason text)
  language sql
  stable
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
begin atomic
  with recursive direct as materialized (
    select s.backup_id, s.place, s.reason
    from lastgood.retention_slots(p_schedule_id) as s
    union all
    select n.backup_id, n.place, n.reason
    from lastgood.retention_needs(p_schedule_id) as n
  ), base(backup_id, child) as (
    select b.parent_id, b.name
    from lastgood.backup as b
    where b.backup_id in (
      select d.backup_id
      from direct as d
    )
    union
    select b.parent_id, b.name
    from base
    join lastgood.backup as b on b.backup_id = base.backup_id
  ), kept as (
    select r.backup_id, string_agg(r.reason, '; ' order by r.place, r.reason) as reason
    from (
      select d.backup_id, d.place, d.reason
      from direct as d
      union
      select base.backup_id, 14, format('the base of "%s"', base.child)
      from base
    ) as r
    group by r.backup_id
  )
  select
    b.backup_id, b.name, b.ended_at,
    b.state = 'RUNNING' or k.reason is not null and b.state in ('COMPLETE', 'PARTIAL'),
    case b.state
      when 'RUNNING' then 'is running'
      when 'DELETING' then 'is being deleted'
      when 'DELETE_FAILED' then 'could not be deleted' || coalesce(': ' || (
        select string_agg(c.reason, '; ' order by c.backup_copy_id)
        from lastgood.backup_copy as c
        where c.backup_id = b.backup_id and c.state = 'DELETE_FAILED'
      ), '')
      else coalesce(k.reason, 'beyond what is kept')
    end
  from lastgood.backup as b
  left join kept as k on k.backup_id = b.backup_id
  where b.schedule_id = p_schedule_id
    and b.state in ('RUNNING', 'COMPLETE', 'PARTIAL', 'DELETING', 'DELETE_FAILED')
  order by b.ended_at desc, b.backup_id desc;
end;

comment on function lastgood.retention_plan(bigint) is
  'Every backup of a schedule that has bytes, whether it is kept, and why.';
