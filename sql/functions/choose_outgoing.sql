-- Which copy makes room for a further backup of a source at a provider that keeps few of each: a
-- bad one first, then the oldest, never the newest good one there. Null where there is room. The
-- source counts by its name, as in the place: one that was deleted and added anew goes on.
--
-- Raises LG053 where none may go, or where another backup is being made there.
create or replace function lastgood.choose_outgoing(
  p_provider_id bigint,
  p_source      text,
  p_backup_id   bigint default null
)
  returns bigint
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  v_provider text;
  v_most     integer;
  v_chosen   record;
begin
  select p.name, t.max_backups
  into v_provider, v_most
  from lastgood.provider as p
  join lastgood.provider_type as t on t.type = p.type
  where p.provider_id = p_provider_id;
  if v_most is null then
    return null;
  end if;
  with kept as (
    select
      c.backup_copy_id, c.state as copy_state, b.backup_id, b.name, b.source_id, b.state,
      b.ended_at, b.held_at, b.held_by, b.hold_reason,
      c.state = 'COMPLETE' and b.is_good and c.proof_level >= setting.proof_level as is_good,
      c.state = 'COMPLETE' and b.is_proven and c.proof_level >= 2 as is_proven
    from lastgood.backup_copy as c
    join lastgood.backup_summary as b on b.backup_id = c.backup_id
    cross join lastgood.setting
    where c.provider_id = p_provider_id and b.backup_id is distinct from p_backup_id
      and c.state in ('RUNNING', 'COMPLETE', 'CORRUPT', 'MISSING')
      and p_source = case when c.manifest_key is null then b.source
        else split_part(c.manifest_key, '/', 1) end
  )
  select k.backup_copy_id, k.name, count(*) over () as copies, r.place, r.defect, r.hint
  into v_chosen
  from kept as k
  left join lateral (
    select newest.backup_id
    from kept as newest
    where newest.is_good
    order by newest.ended_at desc, newest.backup_id desc
    limit 1
  ) as good on true
  left join lastgood.source_status as s on s.source_id = k.source_id
  left join lateral (
    select given.place, given.defect, given.hint
    from (
      values
        (1, k.state = 'RUNNING', 'is being made there', 'Wait for its end, or stop it.'),
        (2, k.held_at is not null,
         'is held by ' || k.held_by || coalesce(': ' || k.hold_reason, ''),
         'Release it: lastgood backup release ' || k.name),
        (3, exists (
          select
          from lastgood.restore as o
          where coalesce(o.backup_copy_id, k.backup_copy_id) = k.backup_copy_id
            and o.backup_id = k.backup_id and o.state = 'RUNNING'
            and o.lease_until > clock_timestamp()
        ), 'is being restored', 'Wait for the end of the restore.'),
        (4, k.is_proven and k.backup_id = s.last_proven_backup_id,
         'is the newest proven one of its source', 'Verify the newest one there, as far as'
           ' BackupRequiredProofLevel asks for: lastgood backup verify BACKUP'),
        (5, k.is_good and k.backup_id in (good.backup_id, s.last_good_backup_id),
         'is the newest good one', 'Name another provider, or verify what else lies there.')
    ) as given(place, is_so, defect, hint)
    where given.is_so
    order by given.place
    limit 1
  ) as r on true
  order by k.state <> 'RUNNING', r.place nulls first, k.copy_state = 'COMPLETE',
    k.state = 'COMPLETE', k.ended_at, k.backup_id
  limit 1;
  if v_chosen.place = 1 or v_chosen.copies >= v_most and v_chosen.place > 1 then
    raise exception 'provider "%" keeps % backups of source "%", and "%" %',
      v_provider, v_most, p_source, v_chosen.name, v_chosen.defect
      using errcode = 'LG053', hint = v_chosen.hint;
  end if;
  return case when v_chosen.copies >= v_most then v_chosen.backup_copy_id end;
end;
$$;

comment on function lastgood.choose_outgoing(bigint, text, bigint) is
  'The copy that makes room for a further backup at a provider, or null where there is room.';
