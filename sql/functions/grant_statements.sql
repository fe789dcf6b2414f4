-- The statements that give a role its reach: reporter appends events, reader selects from the
-- views and logs, operator also changes config, systems and alerts, and makes, deletes and restores
-- backups. A role that dumps this very database needs to read all of it.
create or replace function lastgood.grant_statements(
  p_role     text,
  p_reach    text,
  p_may_dump boolean default false
)
  returns setof text
  language plpgsql
  stable
  set search_path = pg_catalog, pg_temp
as $$
declare
  c_relations constant text[] := array[
    'active_alert', 'audit_log', 'backup_config', 'backup_item', 'backup_status',
    'backup_summary', 'check_summary', 'code_layer', 'copy_status', 'engine_backup_log',
    'event_type', 'execution', 'execution_count', 'execution_status', 'installation', 'last_check',
    'provider_status', 'provider_type', 'queue_status', 'restore_status', 'schedule_status',
    'source_status', 'source_type', 'system', 'system_status'
  ];
  c_reading   constant text[] := array[
    'clock', 'get_config_value', 'get_last_successful_engine_backup', 'next_run', 'preview_runs',
    'schedule_warnings', 'judge_schedules', 'find_schedule', 'list_executions', 'retention_plan',
    'quota_warnings'
  ];
  c_functions constant jsonb := jsonb_build_object(
    'reporter', array['record_event'],
    'reader', c_reading,
    'operator', c_reading || array[
      'set_config_value', 'merge_config_value', 'reset_config_value',
      'add_system', 'set_required_scopes', 'set_alert_after',
      'set_reporters', 'retire_system', 'reinstate_system', 'dismiss_alert',
      'check_backup_freshness', 'prune_events', 'freshness_check_rule',
      'add_provider', 'delete_provider', 'add_source', 'delete_source', 'set_source_settings',
      'set_source_limits', 'set_provider_limits',
      'attach_provider', 'attach_source', 'attach_backups', 'complete_attach', 'detach_provider',
      'learn_body',
      'find_backup', 'start_backup', 'renew_backup_lease', 'begin_copy', 'begin_pack',
      'complete_pack', 'use_packs', 'find_room', 'make_room', 'seal_copy', 'fail_copy',
      'add_items', 'seal_backup', 'fail_backup',
      'reap_backups', 'record_verification', 'hold_backup', 'release_backup', 'start_delete',
      'finish_copy_delete', 'claim_leftovers', 'claim_sweep', 'finish_sweep', 'forget_pack',
      'forget_unreadable', 'repack_candidates', 'stale_manifests', 'stray_backups', 'adopt_pack',
      'complete_adopted_pack', 'replace_manifest',
      'start_restore', 'next_restore_copy', 'renew_restore_lease', 'complete_restore',
      'fail_restore', 'add_schedule', 'set_schedule', 'delete_schedule', 'run_schedule',
      'plan_slots', 'claim_execution', 'start_execution_backup', 'renew_execution_lease',
      'finish_execution', 'hand_over_execution', 'cancel_execution', 'delete_execution',
      'reap_executions', 'expire_backups', 'schedules_to_expire'
    ]
  );
begin
  return next format('grant usage on schema lastgood to %I', p_role);
  if p_reach = 'reporter' then
    return next format('grant usage on schema lastgood_report to %I', p_role);
  else
    return query
    select format('grant select on lastgood.%I to %I', r.name, p_role)
    from unnest(c_relations || case p_reach when 'operator' then 'usable_pack' end) as r(name)
    where r.name is not null;
  end if;
  return query
  select format('grant execute on function %s to %I', p.oid::regprocedure, p_role)
  from pg_catalog.pg_proc as p
  where p.pronamespace = 'lastgood'::regnamespace and c_functions -> p_reach ? p.proname
    or p.pronamespace = 'lastgood_report'::regnamespace and p_reach = 'reporter'
  order by p.oid::regprocedure::text;
  if p_may_dump then
    return query
    select format(s.text, n.oid::regnamespace, p_role)
    from pg_catalog.pg_namespace as n
    cross join unnest(array[
      'grant usage on schema %s to %I',
      'grant select on all tables in schema %s to %I',
      'grant select on all sequences in schema %s to %I'
    ]) with ordinality as s(text, place)
    where n.nspname in ('lastgood', 'lastgood_report', 'lastgood_queue')
    order by n.nspname, s.place;
  end if;
  if p_reach = 'reporter' then
    return query
    select format(
      'alter role %I in database %I set search_path = %s', p_role, current_database(), s.path
    )
    from lastgood.reporter_search_path(p_role) as s(path)
    where s.path is not null;
  end if;
end;
$$;

comment on function lastgood.grant_statements(text, text, boolean) is
  'The statements that give a role the reach of a reporter, reader or operator.';
