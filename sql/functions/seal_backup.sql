-- Ends a backup by what was stored of it: COMPLETE, PARTIAL where something could not be read, a
-- group is in no copy or the source shrank, FAILED where no copy is complete; the last two are
-- reported as failures. Raises LG035, LG051.
--
-- SECURITY DEFINER: operators have no right to the tables.
create or replace function lastgood.seal_backup(
  p_backup_id     bigint,
  p_token         uuid,
  p_size_bytes    bigint,
  p_entries       bigint,
  p_missing       jsonb default '[]',
  p_not_collected text[] default '{}',
  p_versions      jsonb default '{}',
  p_groups        text[] default '{}'
)
  returns text
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_missing   jsonb := coalesce(p_missing, '[]');
  v_uncovered jsonb;
  v_places    text;
  v_state     text;
  v_reason    text;
begin
  perform lastgood.own_backup(p_backup_id, p_token);
  v_uncovered := lastgood.uncovered_groups(p_backup_id, p_groups);
  v_missing := v_missing || case v_uncovered
    when '[]' then lastgood.lost_entries(p_backup_id, p_entries + jsonb_array_length(v_missing))
    else v_uncovered
  end;
  update lastgood.backup as b
  set size_bytes = p_size_bytes, entries = p_entries, missing = v_missing,
    not_collected = coalesce(p_not_collected, '{}'), versions = coalesce(p_versions, '{}'),
    groups = coalesce(p_groups, '{}')
  where b.backup_id = p_backup_id;
  select string_agg(p.name, ', ' order by p.name)
  into v_places
  from lastgood.backup_copy as c
  join lastgood.provider as p on p.provider_id = c.provider_id
  where c.backup_id = p_backup_id and c.state = 'COMPLETE';
  if v_places is null then
    v_state := 'FAILED';
    v_reason := 'no copy was completed';
  elsif v_missing <> '[]' then
    v_state := 'PARTIAL';
    v_reason := format(
      '%s could not be read, such as %s: %s', jsonb_array_length(v_missing),
      v_missing -> 0 ->> 'path', v_missing -> 0 ->> 'reason'
    );
  else
    v_state := 'COMPLETE';
  end if;
  perform lastgood.end_backup(p_backup_id, v_state, v_reason, concat(
    format(
      'Backup of %s in %s entries', coalesce(pg_size_pretty(p_size_bytes), 'unknown size'),
      coalesce(p_entries::text, 'an unknown number of')
    ),
    ', kept at ' || v_places, ': ' || v_reason, '.'
  ));
  return v_state;
end;
$$;

comment on function lastgood.seal_backup(
  bigint, uuid, bigint, bigint, jsonb, text[], jsonb, text[]
) is 'Ends a backup by what was stored of it, and reports it; returns its state.';
