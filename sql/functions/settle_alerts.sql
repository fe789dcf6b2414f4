-- Settles the alerts of many systems, bucket by bucket, and those that belong to none. A bucket
-- that another check is settling is left to it, and one that cannot be settled now to the next:
-- nobody waits, and the verdict never depends on the stored alerts.
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
    select (coalesce(s.system_id, 0) % 64)::integer, array_agg(given.fqdn)
    from unnest(p_fqdns) as given(fqdn)
    left join lastgood.system as s on s.fqdn = given.fqdn
    group by 1
    union all
    select 64, null
  loop
    continue when not pg_try_advisory_xact_lock('lastgood.audit_log'::regclass::integer, v_bucket);
    begin
      return query
      select c.fqdn, c.change, c.log_type_name, c.audit_log_id, c.message
      from lastgood.settle_live_alerts(v_fqdns) as c;
    exception
      when lock_not_available or serialization_failure or deadlock_detected then
        raise log 'lastgood left the alerts of bucket % to the next check: %', v_bucket, sqlerrm;
    end;
  end loop;
end;
$$;

comment on function lastgood.settle_alerts(text[]) is
  'Settles the alerts of these systems, and the general ones, where no other check is doing so.';
