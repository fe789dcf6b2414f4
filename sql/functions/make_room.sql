-- Makes room for a copy that is whole but for its last step: where its provider keeps no more, the
-- one that gives way is DELETING from now on, and with its last copy its backup is. That others
-- build on it is no reason to keep it: where few fit, each is whole. Safe to repeat; returns what
-- find_room does. Raises LG035, LG053.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.make_room(
  p_backup_copy_id bigint,
  p_token          uuid
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_new      record;
  v_outgoing bigint;
  v_locked   bigint;
  v_old_id   bigint;
  v_fqdn     text;
begin
  select b.backup_id, b.name, s.name as source, p.provider_id, p.name as provider
  into v_new
  from lastgood.backup_copy as c
  join lastgood.backup as b on b.backup_id = c.backup_id
  join lastgood.source as s on s.source_id = b.source_id
  join lastgood.provider as p on p.provider_id = c.provider_id
  where c.backup_copy_id = p_backup_copy_id;
  perform lastgood.lock_source_of(v_new.backup_id);
  perform lastgood.own_copy(p_backup_copy_id, p_token);
  loop
    v_outgoing := lastgood.choose_outgoing(v_new.provider_id, v_new.source, v_new.backup_id);
    exit when v_outgoing is not distinct from v_locked;
    -- Waits for a restore of it that is being started, and for a hold; then it may be another one.
    select b.backup_id, y.fqdn
    into v_old_id, v_fqdn
    from lastgood.backup_copy as c
    join lastgood.backup as b on b.backup_id = c.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where c.backup_copy_id = v_outgoing
    for update of b;
    v_locked := v_outgoing;
  end loop;
  if v_outgoing is not null then
    update lastgood.backup_copy as c
    set state = 'DELETING', reason = format('it gave way to backup "%s"', v_new.name)
    where c.backup_copy_id = v_outgoing;
    update lastgood.backup as b
    set state = 'DELETING'
    where b.backup_id = v_old_id and not exists (
      select
      from lastgood.backup_copy as c
      where c.backup_id = v_old_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
    );
    perform lastgood.tell_of_backup(
      9131, v_old_id, format('Backup "%s"', v_new.name), 'takes the place of',
      format('provider "%s" keeps no more of a source', v_new.provider)
    );
    perform lastgood.settle_live_alerts(array[v_fqdn]);
  end if;
  return lastgood.find_room(p_backup_copy_id, p_token);
end;
$$;

comment on function lastgood.make_room(bigint, uuid) is
  'Lets an older copy give way to one that is about to be whole; returns which ones stay.';
