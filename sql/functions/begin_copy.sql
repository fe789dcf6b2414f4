-- Says that a copy is about to be written, before its first byte, and what lies at the provider
-- under its name already. False where that is something: the catalogue was set back, and knows no
-- more of it. Then nothing there is this copy's, to be written or removed; as of manifests that
-- cannot be read, its packs stay. Raises LG035, LG054.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.begin_copy(
  p_backup_copy_id bigint,
  p_token          uuid,
  p_found          text[] default '{}'
)
  returns boolean
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint  := lastgood.own_copy(p_backup_copy_id, p_token);
  v_is_free     boolean := coalesce(p_found, '{}') = '{}';
begin
  if v_is_free then
    update lastgood.backup_copy as c
    set is_begun = true
    where c.backup_copy_id = p_backup_copy_id;
    return true;
  end if;
  perform lastgood.lock_provider(v_provider_id);
  perform lastgood.note_unreadable(v_provider_id, p_found || (
    select p.unreadable
    from lastgood.provider as p
    where p.provider_id = v_provider_id
  ));
  return false;
end;
$$;

comment on function lastgood.begin_copy(bigint, uuid, text[]) is
  'Says that a copy is about to be written; false where something lies there under its name.';
