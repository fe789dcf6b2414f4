-- Settles the alerts of systems, bucket by bucket. A bucket that another session is settling is
-- left to it: nobody waits here, and the verdict never depends on the stored alerts.
create or replace function lastgood.settle_alerts(p_fqdns text[])
  returns table (fqdn text, change text, log_type_name text, audit_log_id bigint, message text)
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
  set lock_timeout = '500ms'
as $$
declare
  v_bucket integer;
  v_fqdns  text[];
begin
  for v_bucket, v_fqdns in
    select (s.system_id % 64)::integer, array_agg(s.fqdn)
    from lastgood.system as s
    where s.fqdn = any (p_fqdns)
    group by 1
  loop
    if pg_try_advisory_xact_lock('lastgood.audit_log'::regclass::integer, v_bucket) then
      return query
      select c.fqdn, c.change, c.log_type_name, c.audit_log_id, c.message
      from lastgood.settle_system_alerts(v_fqdns) as c;
    end if;
  end loop;
end;
$$;

comment on function lastgood.settle_alerts(text[]) is
  'Settles the alerts of these systems where no other session is doing so; waits for nobody.';
