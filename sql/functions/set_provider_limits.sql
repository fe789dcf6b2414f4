-- Changes how much a provider takes: max_running, max_backups and max_bytes. What is not named
-- stays, null lifts a limit. Raises LG026, LG079 for what is no limit.
--
-- SECURITY DEFINER: operators change providers here, and not in the table.
create or replace function lastgood.set_provider_limits(
  p_name   text,
  p_limits jsonb
)
  returns void
  language plpgsql
  volatile
  security definer
  set search_path = pg_catalog, lastgood, pg_temp
as $$
declare
  v_provider_id bigint := lastgood.find_provider(p_name);
begin
  perform lastgood.check_limits(p_limits, array['max_running', 'max_backups', 'max_bytes']);
  update lastgood.provider as p
  set max_running = case when p_limits ? 'max_running'
      then (p_limits ->> 'max_running')::integer else p.max_running end,
    max_backups = case when p_limits ? 'max_backups'
      then (p_limits ->> 'max_backups')::integer else p.max_backups end,
    max_bytes = case when p_limits ? 'max_bytes'
      then (p_limits ->> 'max_bytes')::bigint else p.max_bytes end
  where p.provider_id = v_provider_id;
  perform lastgood.add_audit_event(9133, format(
    '%s changed limits of provider "%s": %s.', session_user, p_name, lastgood.limits_text(p_limits)
  ));
end;
$$;

comment on function lastgood.set_provider_limits(text, jsonb) is
  'Changes how many backups run and lie at a provider, and how many bytes; null is no limit.';
