-- The object of a claimed pack is gone. One that is forgotten already is no error: two may sweep at
-- once. The name of one that was never complete is kept for a while: whoever was writing it may
-- only be asleep. Raises LG036 for a pack that was not claimed.
--
-- SECURITY DEFINER: operators have no right to the table.
create or replace function lastgood.forget_pack(
  p_provider_id bigint,
  p_name        text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  delete from lastgood.pack as k
  where k.provider_id = p_provider_id and k.name = p_name and k.state = 'DELETING'
    and k.size_bytes is not null;
  update lastgood.pack as k
  set forgotten_at = coalesce(k.forgotten_at, clock_timestamp())
  where k.provider_id = p_provider_id and k.name = p_name and k.state = 'DELETING';
  if not found and exists (
    select
    from lastgood.pack as k
    where k.provider_id = p_provider_id and k.name = p_name
  ) then
    raise exception 'pack "%" was not claimed', p_name
      using errcode = 'LG036', hint = 'Remove only what lastgood.claim_leftovers returns.';
  end if;
end;
$$;

comment on function lastgood.forget_pack(bigint, text) is
  'Forgets a claimed pack whose object is gone.';
