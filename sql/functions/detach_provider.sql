-- Stops using a place and keeps what lies there. Backups that are kept nowhere else are good no
-- more, and the alerts follow; they are returned. Attaching the place brings them back. Raises
-- LG026 for an unknown one, LG058 for the built-in one and while something runs there.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.detach_provider(p_name text)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint;
  v_running     text;
  v_backups     bigint[];
  v_fqdns       text[];
  v_gone        jsonb;
begin
  -- Waits for a backup that is being started there.
  perform from lastgood.provider as p where p.name = p_name for update;
  v_provider_id := lastgood.find_provider(p_name);
  select r.what
  into v_running
  from (
    select 1 as rank, 'it is built in' as what
    where p_name = 'noop'
    union all
    select 2, format('backup "%s" is running there', b.name)
    from lastgood.backup as b
    join lastgood.backup_copy as c on c.backup_id = b.backup_id
    where c.provider_id = v_provider_id and b.state = 'RUNNING'
    union all
    select 3, format('restore %s is reading there', r.restore_id)
    from lastgood.restore as r
    join lastgood.backup_copy as c on c.backup_copy_id = r.backup_copy_id
    where c.provider_id = v_provider_id and r.state = 'RUNNING'
      and r.lease_until > clock_timestamp()
  ) as r
  order by r.rank
  limit 1;
  if found then
    raise exception 'provider "%" cannot be detached: %', p_name, v_running
      using errcode = 'LG058', hint = 'Wait for the end of what runs, or stop it.';
  end if;
  select array_agg(distinct b.backup_id), array_agg(distinct y.fqdn)
  into v_backups, v_fqdns
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.system as y on y.system_id = s.system_id
  where c.provider_id = v_provider_id;
  perform lastgood.forget_provider(v_provider_id);
  perform lastgood.settle_delete(given.backup_id)
  from unnest(v_backups) as given(backup_id);
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', b.backup_id, 'name', b.name, 'source', b.source, 'fqdn', b.fqdn, 'scope', b.scope
  ) order by b.backup_id), '[]')
  into v_gone
  from lastgood.backup_summary as b
  where b.backup_id = any (v_backups) and b.state in ('COMPLETE', 'PARTIAL')
    and b.proof_level is null;
  perform lastgood.add_audit_event(9129, format(
    '%s detached provider "%s"; %s backups are kept nowhere else.', session_user, p_name,
    jsonb_array_length(v_gone)
  ));
  perform lastgood.settle_live_alerts(v_fqdns);
  return v_gone;
end;
$$;

comment on function lastgood.detach_provider(text) is
  'Stops using a place and keeps its data; returns the backups that are kept nowhere else.';
