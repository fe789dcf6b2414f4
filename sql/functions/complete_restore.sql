-- Everything that was picked is back. Raises LG035.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.complete_restore(
  p_restore_id bigint,
  p_token      uuid,
  p_bytes      bigint,
  p_actions    text[]
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.end_restore(p_restore_id, p_token, 'COMPLETE', p_bytes, p_actions, null);
end;
$$;

comment on function lastgood.complete_restore(bigint, uuid, bigint, text[]) is
  'Ends a restore that brought back all that was picked, with what it did.';
