-- The name that oVirt's own engine-backup calls: LogEngineBackupEvent, unquoted. Literals are
-- untyped there, so it must stay the only function of its name.
--
-- SECURITY DEFINER: a role that may only report needs no right in schema lastgood.
create or replace function lastgood_report.logenginebackupevent(
  scope          text,
  done_at        timestamptz,
  status         integer,
  output_message text,
  fqdn           text,
  log_path       text
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
begin
  perform lastgood.record_event(scope, done_at, status, output_message, fqdn, log_path);
end;
$$;

comment on function lastgood_report.logenginebackupevent(
  text, timestamptz, integer, text, text, text
) is 'Reports a backup: status 0 started, 1 completed, -1 failed. Never raises.';
