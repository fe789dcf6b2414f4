-- The restore did not bring back what was picked. Raises LG035.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.fail_restore(
  p_restore_id bigint,
  p_token      uuid,
  p_reason     text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.end_restore(p_restore_id, p_token, 'FAILED', null, '{}', p_reason);
end;
$$;

comment on function lastgood.fail_restore(bigint, uuid, text) is
  'Ends a restore as failed, with the reason.';
