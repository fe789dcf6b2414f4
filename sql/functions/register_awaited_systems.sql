-- Reports from transactions that may not judge leave their system unregistered; this makes up
-- for it, in one statement a step: a flood of names beyond the limit must not slow every check.
create or replace function lastgood.register_awaited_systems()
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_fqdn text;
begin
  if lastgood.get_config_value('BackupAutoRegister') = 'true'
    and exists (select from lastgood.audit_log as a where a.awaits_system)
  then
    for v_fqdn in
      select a.fqdn
      from lastgood.audit_log as a
      where a.awaits_system
        and not exists (select from lastgood.system as s where s.fqdn = a.fqdn)
      group by a.fqdn
      order by min(a.audit_log_id)
      limit greatest(
        lastgood.get_config_value('BackupAutoRegisterLimit')::integer - (
          select count(*)
          from lastgood.system as s
          where s.is_self_registered and s.retired_at is null
        ), 0
      )
    loop
      perform lastgood.register_system(v_fqdn);
    end loop;
  end if;
  update lastgood.audit_log as a
  set awaits_system = false
  where a.audit_log_id in (
    select w.audit_log_id
    from lastgood.audit_log as w
    where w.awaits_system
      and exists (select from lastgood.system as s where s.fqdn = w.fqdn)
    for update skip locked
  );
end;
$$;

comment on function lastgood.register_awaited_systems() is
  'Registers the systems of reports that could not do so themselves.';
