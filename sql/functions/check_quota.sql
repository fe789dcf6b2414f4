-- Refuses a further backup at a provider that keeps as many, or as many bytes, as it may. The
-- lock lets one session at a time count until its own copy counts. Raises LG053, LG054.
create or replace function lastgood.check_quota(
  p_provider_id bigint,
  p_outgoing_id bigint default null
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_name  text;
  v_quota text;
begin
  if not exists (
    select
    from lastgood.provider as p
    where p.provider_id = p_provider_id and num_nonnulls(p.max_backups, p.max_bytes) > 0
  ) then
    return;
  end if;
  perform lastgood.lock_provider(p_provider_id);
  v_quota := lastgood.quota_reached(p_provider_id, p_outgoing_id);
  if v_quota is not null then
    select p.name
    into v_name
    from lastgood.provider as p
    where p.provider_id = p_provider_id;
    raise exception 'provider "%" may keep %, and does', v_name, v_quota
      using errcode = 'LG053', hint = 'Delete backups that lie there, let their schedules keep'
        ' fewer, let the provider keep more, or name another one.';
  end if;
end;
$$;

comment on function lastgood.check_quota(bigint, bigint) is
  'Refuses a further backup at a provider that keeps as much as it may.';
