-- Copies share packs: one that was found corrupt or gone by verifying one copy is so in every other
-- copy that uses bytes of it. They stop counting at once, too.
create or replace function lastgood.spread_damage(
  p_backup_copy_id bigint,
  p_packs          text[],
  p_state          text
)
  returns void
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_hit record;
begin
  for v_hit in
    select other.backup_copy_id, y.fqdn, min(k.name) as pack
    from lastgood.backup_copy as mine
    join lastgood.pack as k on k.provider_id = mine.provider_id and k.name = any (p_packs)
    join lastgood.backup_copy_pack as u on u.pack_id = k.pack_id and u.used_bytes > 0
    join lastgood.backup_copy as other on other.backup_copy_id = u.backup_copy_id
    join lastgood.backup as b on b.backup_id = other.backup_id
    join lastgood.source as s on s.source_id = b.source_id
    join lastgood.system as y on y.system_id = s.system_id
    where mine.backup_copy_id = p_backup_copy_id and other.backup_copy_id <> p_backup_copy_id
      and other.state = 'COMPLETE' and b.state in ('COMPLETE', 'PARTIAL')
    group by other.backup_copy_id, y.fqdn
    order by other.backup_copy_id
  loop
    update lastgood.backup_copy
    set state = p_state, proof_level = 0, proven_at = null, last_checked_at = clock_timestamp(),
      last_result = lower(p_state),
      reason = format('pack %s, which it shares, is %s', v_hit.pack, lower(p_state))
    where backup_copy_id = v_hit.backup_copy_id and state = 'COMPLETE';
    perform lastgood.follow_verification(v_hit.backup_copy_id, 'COMPLETE', v_hit.fqdn);
  end loop;
end;
$$;

comment on function lastgood.spread_damage(bigint, text[], text) is
  'Marks every other copy that uses a pack which was found corrupt or missing.';
