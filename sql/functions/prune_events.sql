-- Deletes one batch of events older than BackupEventRetentionDays; call it until it returns 0.
-- Live alerts stay, and so do the newest attempt and the newest success of every scope, the newest
-- one of another tool, and those of backups that are not deleted: where newer ones turn out to be
-- bad, the verdict falls back to them.
--
-- SECURITY DEFINER: schedulers may prune without any right to delete.
create or replace function lastgood.prune_events(p_batch integer default 10000)
  returns bigint
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_days   interval := make_interval(
    days => least(lastgood.get_config_value('BackupEventRetentionDays')::integer, 500000)
  );
  v_before timestamptz := lastgood.clock() - v_days;
  v_count  bigint;
begin
  with too_old as (
    select a.audit_log_id
    from lastgood.audit_log as a
    where a.log_time < v_before
      and not (a.severity = 10 and not a.deleted)
      and not (
        a.awaits_system and not exists (
          select
          from lastgood.system as s
          where s.fqdn = a.fqdn
        )
      )
      and not (
        a.log_type = 9025 and a.done_at is not null and not exists (
          select
          from lastgood.engine_backup_log as newer
          join lastgood.engine_backup_log as this on this.audit_log_id = a.audit_log_id
          where newer.fqdn = a.fqdn and newer.scope = a.scope and newer.is_passed
            and (newer.counts_from, newer.audit_log_id) > (this.counts_from, a.audit_log_id)
            and (newer.backup_id is null or a.backup_id is not null)
        )
      )
      and not (
        a.log_type = 9025 and exists (
          select
          from lastgood.backup as b
          where b.backup_id = a.backup_id and b.state <> 'DELETED'
        )
      )
      and not (
        a.log_type in (9025, 9026) and a.done_at is not null and not exists (
          select
          from lastgood.audit_log as newer
          where newer.fqdn = a.fqdn and newer.scope = a.scope and newer.done_at is not null
            and newer.log_type in (9025, 9026)
            and (newer.log_time, newer.log_type, newer.audit_log_id)
              > (a.log_time, a.log_type, a.audit_log_id)
        )
      )
    order by a.audit_log_id
    limit p_batch
    for update skip locked
  ), pruned as (
    delete from lastgood.audit_log as a
    using too_old as o
    where a.audit_log_id = o.audit_log_id
    returning a.audit_log_id
  ), pruned_attempts as (
    delete from lastgood.engine_backup_log as l
    using pruned as p
    where l.audit_log_id = p.audit_log_id
  )
  select count(*)
  into v_count
  from pruned as p;
  return v_count;
end;
$$;

comment on function lastgood.prune_events(integer) is
  'Deletes one batch of events past their retention; returns how many, 0 when there are none left.';
