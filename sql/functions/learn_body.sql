-- What the manifest of an attached backup says of it, once somebody has read it: what can be
-- picked, and what is missing. Of one that is known already nothing changes. Raises LG038, LG052.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.learn_body(
  p_backup_id     bigint,
  p_items         jsonb,
  p_missing       jsonb,
  p_not_collected text[],
  p_versions      jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_backup_id bigint := lastgood.find_backup(p_backup_id::text);
begin
  -- Of two who read it at once, the second finds it known.
  update lastgood.backup as b
  set items_known = true,
    -- A copy of another group may have said what that lacks.
    missing = (
      select coalesce(jsonb_agg(distinct m.one), '[]')
      from jsonb_array_elements(b.missing || coalesce(p_missing, '[]')) as m(one)
    ),
    not_collected = coalesce(p_not_collected, '{}'), versions = coalesce(p_versions, '{}')
  where b.backup_id = v_backup_id and not b.items_known;
  if found then
    perform lastgood.insert_items(v_backup_id, p_items);
  end if;
end;
$$;

comment on function lastgood.learn_body(bigint, jsonb, jsonb, text[], jsonb) is
  'Notes what the manifest of an attached backup says of its items and of what it lacks.';
