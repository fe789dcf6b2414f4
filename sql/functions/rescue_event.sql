-- Called when an append failed: what may be lost is told to the caller, and kept if it can be.
--
-- A report that waited for its own duplicate in another open transaction, or deadlocked with it,
-- is appended beside it: counted twice is harmless, counted never is not. Anything else leaves a
-- warning event where one can be written. Never raises; this is the one place that swallows errors.
create or replace function lastgood.rescue_event(
  p_sqlstate text,
  p_error    text,
  p_scope    text,
  p_done_at  timestamptz,
  p_status   integer,
  p_message  text,
  p_fqdn     text,
  p_log_path text,
  p_event_id uuid,
  p_run_id   text
)
  returns bigint
  language plpgsql
  volatile
  set search_path = pg_catalog, pg_temp
as $$
begin
  if p_sqlstate in ('55P03', '40P01') and p_event_id is null then
    return lastgood.record_event(
      p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, gen_random_uuid(), p_run_id
    );
  end if;
  perform lastgood.append_invalid_event(
    9100, p_error, p_scope, p_done_at, p_status, p_message, p_fqdn, p_log_path, null, p_run_id
  );
  raise warning 'lastgood could not record this event: %', p_error
    using errcode = p_sqlstate, hint = 'Report it again; a warning event was left.';
  return null;
exception
  when others then
    raise warning 'lastgood could not record this event: %', p_error
      using errcode = p_sqlstate, hint = 'Report it again when the database can be written to.';
    return null;
end;
$$;

comment on function lastgood.rescue_event(
  text, text, text, timestamptz, integer, text, text, text, uuid, text
) is 'Keeps what it can of a report whose append failed and warns the caller; never raises.';
