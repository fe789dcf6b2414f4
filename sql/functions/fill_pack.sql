-- A pack that was written and read back. Raises LG036 for one that was not begun by this copy, or
-- is not being written.
create or replace function lastgood.fill_pack(
  p_provider_id bigint,
  p_name        text,
  p_size_bytes  bigint,
  p_sha256      text,
  p_contents    bytea
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  update lastgood.pack as k
  set state = 'COMPLETE', size_bytes = p_size_bytes, sha256 = p_sha256, contents = p_contents
  where k.provider_id = p_provider_id and k.name = p_name and k.state = 'RUNNING';
  if not found then
    raise exception 'pack "%" is not being written', p_name
      using errcode = 'LG036', hint = 'It was given up, or is complete: write another one.';
  end if;
end;
$$;

comment on function lastgood.fill_pack(bigint, text, bigint, text, bytea) is
  'Makes a pack COMPLETE that was written and read back.';
