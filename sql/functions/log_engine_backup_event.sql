-- The procedure of oVirt's design, with its parameter names. Backup scripts call it with untyped
-- literals, so it must stay the only function of its name.
--
-- SECURITY DEFINER: a role that may only report needs no right in schema lastgood.
create or replace function lastgood_report.log_engine_backup_event(
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

comment on function lastgood_report.log_engine_backup_event(
  text, timestamptz, integer, text, text, text
) is 'Reports a backup: status 0 started, 1 completed, -1 failed. Never raises.';
