-- What was found at a place, as rows. Times that lie ahead are those of a wrong clock: nothing was
-- made later than now.
create or replace function lastgood.found_copies(p_found jsonb)
  returns table (
    backup_id bigint, source_id bigint, origin uuid, name text, type text, parent text,
    started_at timestamptz, ended_at timestamptz, size_bytes bigint, entries bigint, missing bigint,
    groups text[], layout text, recipients text[], group_name text, manifest_key text,
    manifest_sha256 text, manifest_size bigint, state text, reason text, packs jsonb
  )
  language sql
  volatile
begin atomic
  select
    lastgood.find_origin(f.origin, f.name, f.started_at), f.source_id, f.origin, f.name, f.type,
    f.parent, f.started_at, least(coalesce(f.ended_at, f.started_at), clock_timestamp()),
    f.size_bytes, f.entries, f.missing, coalesce(f.groups, '{}'), f.layout, f.recipients,
    f.group_name, f.manifest_key, f.manifest_sha256, f.manifest_size, f.state, f.reason, f.packs
  from jsonb_to_recordset(p_found) as f(
    source_id bigint, origin uuid, name text, type text, parent text, started_at timestamptz,
    ended_at timestamptz, size_bytes bigint, entries bigint, missing bigint, groups text[],
    layout text, recipients text[], group_name text, manifest_key text, manifest_sha256 text,
    manifest_size bigint, state text, reason text, packs jsonb
  );
end;

comment on function lastgood.found_copies(jsonb) is
  'Copies that were found at a place, as rows; each with its backup where that is known.';
