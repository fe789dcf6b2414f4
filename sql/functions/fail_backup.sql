-- Ends a backup as failed; its copies are removed by the next sweep. Raises LG035, LG051.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.fail_backup(
  p_backup_id bigint,
  p_token     uuid,
  p_reason    text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.own_backup(p_backup_id, p_token);
  perform lastgood.end_backup(
    p_backup_id, 'FAILED', p_reason, 'The backup failed: ' || coalesce(p_reason, 'nobody knows why')
  );
end;
$$;

comment on function lastgood.fail_backup(bigint, uuid, text) is
  'Ends a backup as failed, and reports it.';
