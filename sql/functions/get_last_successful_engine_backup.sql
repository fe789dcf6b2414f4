-- The one query of oVirt's DAO: the newest success of a scope, of one system or of any.
create or replace function lastgood.get_last_successful_engine_backup(
  p_scope text,
  p_fqdn  text default null
)
  returns setof lastgood.engine_backup_log
  language sql
  stable
begin atomic
  with recursive system_with_log(fqdn) as (
    select coalesce(p_fqdn, (
      select min(l.fqdn)
      from lastgood.engine_backup_log as l
      where l.is_passed
    ))
    union all
    select (
      select min(l.fqdn)
      from lastgood.engine_backup_log as l
      where l.is_passed and l.fqdn > s.fqdn
    )
    from system_with_log as s
    where p_fqdn is null and s.fqdn is not null
  )
  select
    newest.scope, newest.done_at, newest.is_passed, newest.output_message, newest.fqdn,
    newest.log_path, newest.audit_log_id, newest.counts_from, newest.run_id, newest.backup_id
  from system_with_log as s
  cross join lateral (
    select
      l.scope, l.done_at, l.is_passed, l.output_message, l.fqdn, l.log_path, l.audit_log_id,
      l.counts_from, l.run_id, l.backup_id
    from lastgood.engine_backup_log as l
    where l.is_passed and l.fqdn = s.fqdn and l.scope = p_scope
    order by l.counts_from desc
    limit 1
  ) as newest
  order by newest.counts_from desc
  limit 1;
end;

comment on function lastgood.get_last_successful_engine_backup(text, text) is
  'The newest success of a scope, of one system or, with null, of any; no row when there is none.';
