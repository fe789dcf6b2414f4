-- Reports from transactions that may not judge leave their system unregistered; this makes up
-- for it.
create or replace function lastgood.register_awaited_systems()
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_fqdn text;
begin
  for v_fqdn in
    select distinct a.fqdn
    from lastgood.audit_log as a
    where a.awaits_system
  loop
    if lastgood.register_system(v_fqdn) then
      update lastgood.audit_log as a
      set awaits_system = false
      where a.audit_log_id in (
        select w.audit_log_id
        from lastgood.audit_log as w
        where w.awaits_system and w.fqdn = v_fqdn
        for update skip locked
      );
    end if;
  end loop;
end;
$$;

comment on function lastgood.register_awaited_systems() is
  'Registers the systems of reports that could not do so themselves.';
