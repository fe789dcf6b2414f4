-- What follows from a verification: an event where the copy turned bad or good again, packs that
-- are relied on no more, and the alerts of the system.
create or replace function lastgood.follow_verification(
  p_backup_copy_id bigint,
  p_old_state      text,
  p_fqdn           text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_state   text;
  v_message text;
  v_scope   text;
begin
  select
    c.state, s.scope,
    format(
      'The copy of backup "%s" (%s) at provider "%s" %s%s.', b.name, b.backup_id, p.name,
      case c.state when 'CORRUPT' then 'is corrupt' when 'MISSING' then 'is missing'
        else 'is good again' end,
      ': ' || c.reason
    )
  into v_state, v_scope, v_message
  from lastgood.backup_copy as c
  join lastgood.provider as p on p.provider_id = c.provider_id
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  where c.backup_copy_id = p_backup_copy_id;
  if v_state <> p_old_state then
    perform lastgood.add_audit_event(
      case v_state when 'CORRUPT' then 9125 when 'MISSING' then 9126 else 9127 end,
      v_message, p_fqdn, v_scope
    );
    perform lastgood.suspect_packs(p_backup_copy_id);
  end if;
  perform lastgood.settle_live_alerts(array[p_fqdn]);
end;
$$;

comment on function lastgood.follow_verification(bigint, text, text) is
  'Tells that a copy turned bad or good again, and settles the alerts of its system.';
