-- Ends a restore that runs. Raises LG035 for whoever does not hold its token.
create or replace function lastgood.end_restore(
  p_restore_id bigint,
  p_token      uuid,
  p_state      text,
  p_bytes      bigint,
  p_actions    text[],
  p_reason     text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  update lastgood.restore as r
  set state = p_state, ended_at = clock_timestamp(), lease_until = null, token = null,
    restored_bytes = p_bytes, actions = coalesce(p_actions, '{}'), reason = p_reason
  where r.restore_id = p_restore_id and r.token = p_token and r.state = 'RUNNING';
  if not found then
    raise exception 'restore % was taken over, or has ended', p_restore_id
      using errcode = 'LG035', hint = 'Its lease ran out, or somebody ended it: start a new one.';
  end if;
end;
$$;

comment on function lastgood.end_restore(bigint, uuid, text, bigint, text[], text) is
  'Ends a running restore in a state.';
