-- A pack that a repack is about to write, named by the copies from the start: no sweep takes it
-- before replace_manifest. Raises LG021, LG037 for the name, LG046 for copies that are not good.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.adopt_pack(
  p_provider_id     bigint,
  p_backup_copy_ids bigint[],
  p_name            text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_count bigint;
begin
  perform lastgood.lock_provider(p_provider_id);
  select count(*)
  into v_count
  from lastgood.backup_copy as c
  where c.backup_copy_id = any (p_backup_copy_ids) and c.provider_id = p_provider_id
    and c.state = 'COMPLETE'
    and c.recipients = (
      select o.recipients
      from lastgood.backup_copy as o
      where o.backup_copy_id = p_backup_copy_ids[1]
    );
  if v_count = 0 or v_count <> cardinality(p_backup_copy_ids) then
    raise exception 'these copies cannot share a pack: %', coalesce(p_backup_copy_ids::text, 'none')
      using errcode = 'LG046',
        hint = 'They must be COMPLETE, lie at this provider and have the same recipients.';
  end if;
  perform lastgood.add_pack(p_provider_id, p_backup_copy_ids, p_name);
end;
$$;

comment on function lastgood.adopt_pack(bigint, bigint[], text) is
  'Names a pack of a repack as of these copies, before its first byte is written.';
