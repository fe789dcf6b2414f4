-- What a verification found of a copy, and what packs were bad. Bad ones stop counting at once, and
-- the alerts follow. "Not checked" is neither good nor bad. Raises LG046 for a copy that cannot be
-- verified, LG047 for a level or result that is none.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.record_verification(
  p_backup_copy_id bigint,
  p_level          smallint,
  p_result         text,
  p_reason         text default null,
  p_packs          text[] default null,
  p_sample         double precision default 1
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_fqdn      text;
  v_old_state text;
  v_old_level smallint;
  v_state     text;
  v_level     smallint;
  -- A sample says nothing of the rest but its size; a rehearsal restores all of it.
  v_proven    smallint := case when p_sample < 1 and p_level < 4
    then least(p_level, 1::smallint) else p_level end;
begin
  if p_level is null or p_level not between 0 and 5 or p_result is null or p_result <> all (
    array['ok', 'corrupt', 'missing', 'unverifiable', 'could_not_check']
  ) or p_sample is null or not (p_sample > 0 and p_sample <= 1) then
    raise exception 'this is no verification: level %, result %, sample %',
      p_level, p_result, p_sample
      using errcode = 'LG047', hint = 'Levels are 0 to 5; results are ok, corrupt, missing,'
        ' unverifiable and could_not_check; a sample is a part of 1.';
  end if;
  select lastgood.lock_source_of(c.backup_id)
  into v_fqdn
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id;
  select c.state, c.proof_level
  into v_old_state, v_old_level
  from lastgood.backup_copy as c
  where c.backup_copy_id = p_backup_copy_id and c.state in ('COMPLETE', 'CORRUPT', 'MISSING')
  for no key update;
  if not found then
    raise exception 'there is no copy % that could be verified', p_backup_copy_id
      using errcode = 'LG046', hint = 'See the copies with: lastgood backup show BACKUP';
  end if;
  -- What was found bad is good again only where enough of it was looked at.
  v_state := case
    when p_result = 'corrupt' then 'CORRUPT'
    when p_result = 'missing' then 'MISSING'
    when p_result = 'ok' and v_proven >= case v_old_state
      when 'CORRUPT' then 2 when 'MISSING' then 1 else 0 end then 'COMPLETE'
    else v_old_state
  end;
  v_level := case
    when v_state <> 'COMPLETE' then 0::smallint
    when p_result = 'ok' and v_old_state <> 'COMPLETE' then v_proven
    when p_result = 'ok' then greatest(v_proven, v_old_level)
    else v_old_level
  end;
  update lastgood.backup_copy as c
  set state = v_state, proof_level = v_level, last_checked_at = clock_timestamp(),
    proven_at = case
      when p_result = 'ok' and v_proven = v_level and v_state = 'COMPLETE' then clock_timestamp()
      when v_state = 'COMPLETE' then c.proven_at
    end,
    last_result = r.result,
    reason = case when r.result = p_result then nullif(p_reason, '') else c.reason end
  from (
    select case when v_state = 'COMPLETE' or p_result in ('corrupt', 'missing') then p_result
      else lower(v_state) end as result
  ) as r
  where c.backup_copy_id = p_backup_copy_id;
  perform lastgood.follow_verification(p_backup_copy_id, v_old_state, v_fqdn);
  if p_result in ('corrupt', 'missing') then
    perform lastgood.spread_damage(p_backup_copy_id, p_packs, v_state);
  end if;
end;
$$;

comment on function lastgood.record_verification(
  bigint, smallint, text, text, text[], double precision
) is
  'Notes what a verification found of a copy; the verdict and its alerts follow at once.';
