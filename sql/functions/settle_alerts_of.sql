-- Settles the alerts of all systems of which copies lie at a provider, and the general ones.
create or replace function lastgood.settle_alerts_of(p_provider_id bigint)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  perform lastgood.settle_live_alerts(array(
    select distinct y.fqdn
    from lastgood.backup_copy as c
    join lastgood.backup as b on b.backup_id = c.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.provider_id = p_provider_id
  ));
  perform lastgood.settle_live_alerts(null);
end;
$$;

comment on function lastgood.settle_alerts_of(bigint) is
  'Settles the alerts of the systems of which copies lie at a provider, and the general ones.';
