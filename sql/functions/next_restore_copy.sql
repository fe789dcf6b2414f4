-- What a running restore reads instead of a copy that it could not use: the next best one, or null
-- where all were tried. What was found bad counts as good no more, as after a verification. Raises
-- LG035.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.next_restore_copy(
  p_restore_id bigint,
  p_token      uuid,
  p_tried      bigint[],
  p_result     text,
  p_reason     text
)
  returns jsonb
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id bigint;
  v_copy_id   bigint;
begin
  select r.backup_id, r.backup_copy_id
  into v_backup_id, v_copy_id
  from lastgood.restore as r
  where r.restore_id = p_restore_id and r.token = p_token and r.state = 'RUNNING'
  for no key update;
  if not found then
    raise exception 'restore % was taken over, or has ended', p_restore_id
      using errcode = 'LG035', hint = 'Its lease ran out, or somebody ended it: start a new one.';
  end if;
  if p_result in ('corrupt', 'missing') then
    perform lastgood.record_verification(v_copy_id, 2::smallint, p_result, p_reason);
  end if;
  v_copy_id := lastgood.choose_restore_copy(v_backup_id, null, null, p_tried);
  update lastgood.restore as r
  set backup_copy_id = v_copy_id
  where r.restore_id = p_restore_id and v_copy_id is not null;
  return (
    select to_jsonb(c)
    from lastgood.copy_status as c
    where c.backup_copy_id = v_copy_id
  );
end;
$$;

comment on function lastgood.next_restore_copy(bigint, uuid, bigint[], text, text) is
  'The copy that a restore reads instead of one that it could not use; null where none is left.';
