-- A pack that is about to be written, named by these copies from the start. Raises LG021 for what
-- cannot be its name, LG037 for one that is taken.
create or replace function lastgood.add_pack(
  p_provider_id     bigint,
  p_backup_copy_ids bigint[],
  p_name            text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_pack_id bigint;
begin
  if p_name is null or p_name !~ '^[a-z0-9]{8,40}$' then
    raise exception 'this cannot be the name of a pack: %',
        coalesce(quote_literal(left(p_name, 200)), 'null')
      using errcode = 'LG021', hint = 'Use 8 to 40 lower-case letters and digits, at random.';
  end if;
  insert into lastgood.pack (provider_id, name, recipients)
  select p_provider_id, p_name, c.recipients
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_ids[1]
  on conflict (provider_id, name) do nothing
  returning pack_id into v_pack_id;
  if v_pack_id is null then
    raise exception 'there is a pack "%" already', p_name
      using errcode = 'LG037', hint = 'Choose another name at random.';
  end if;
  insert into lastgood.backup_copy_pack (backup_copy_id, pack_id)
  select given.backup_copy_id, v_pack_id
  from unnest(p_backup_copy_ids) as given(backup_copy_id);
end;
$$;

comment on function lastgood.add_pack(bigint, bigint[], text) is
  'Makes the row of a pack that is about to be written, named by these copies.';
