-- The systems of live sources with backups at a provider require the scopes of these from now on.
create or replace function lastgood.require_scopes_of(p_provider_id bigint)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_fqdn   text;
  v_scopes text[];
begin
  for v_fqdn, v_scopes in
    select
      y.fqdn,
      coalesce(y.required_scopes, min(setting.required_scopes)) || array_agg(distinct s.scope::text)
    from lastgood.source as s
    join lastgood.system as y on y.system_id = s.system_id
    cross join lastgood.setting
    where s.deleted_at is null
      and s.scope <> all (coalesce(y.required_scopes, setting.required_scopes))
      and exists (
        select
        from lastgood.backup as b
        join lastgood.backup_copy as c on c.backup_id = b.backup_id
        where b.source_id = s.source_id and b.origin is not null and c.provider_id = p_provider_id
      )
    group by y.system_id, y.fqdn, y.required_scopes
  loop
    perform lastgood.set_required_scopes(v_fqdn, v_scopes);
  end loop;
end;
$$;

comment on function lastgood.require_scopes_of(bigint) is
  'Lets systems require the scopes of their live sources with attached backups at a provider.';
