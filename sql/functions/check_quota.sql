-- Refuses a further backup at a provider that keeps as many, or as many bytes, as it may. What is
-- not DELETED counts, what is being made too; a copy that gives way does not. The lock lets one
-- session at a time count until its own copy counts. Raises LG053, LG054.
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
  v_name   text;
  v_defect text;
begin
  if not exists (
    select
    from lastgood.provider as p
    where p.provider_id = p_provider_id and num_nonnulls(p.max_backups, p.max_bytes) > 0
  ) then
    return;
  end if;
  perform lastgood.lock_provider(p_provider_id);
  select p.name, r.defect
  into v_name, v_defect
  from lastgood.provider as p
  cross join lateral (
    values
      (p.max_backups <= (
        select count(*)
        from lastgood.backup_copy as c
        where c.provider_id = p.provider_id and c.state <> 'DELETED'
          and c.backup_copy_id is distinct from p_outgoing_id
      ), format('%s backups', p.max_backups)),
      (p.max_bytes <= (
        select s.stored_bytes
        from lastgood.provider_status as s
        where s.provider_id = p.provider_id
      ), format('%s bytes', p.max_bytes))
  ) as r(is_so, defect)
  where p.provider_id = p_provider_id and r.is_so
  limit 1;
  if found then
    raise exception 'provider "%" may keep %, and does', v_name, v_defect
      using errcode = 'LG053', hint = 'Delete backups that lie there, let their schedules keep'
        ' fewer, let the provider keep more, or name another one.';
  end if;
end;
$$;

comment on function lastgood.check_quota(bigint, bigint) is
  'Refuses a further backup at a provider that keeps as much as it may.';
