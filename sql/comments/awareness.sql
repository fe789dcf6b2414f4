-- What each schema, table and column is.
comment on schema lastgood is
  'lastgood: knows when the last good backup was. Start at system_status.';
comment on schema lastgood_report is
  'The two functions that backup scripts call; the only schema of lastgood for a search_path.';

comment on table lastgood.system is
  'Systems that are watched; change them with the functions only.';
comment on column lastgood.system.required_scopes is
  'Scopes that together make a full backup; null follows BackupRequiredScopes.';
comment on column lastgood.system.alert_after is
  'How old the full backup may be; null follows BackupAlertPeriodInDays.';
comment on column lastgood.system.reporters is 'Roles that may report; null means every reporter.';
comment on column lastgood.system.is_self_registered is 'Whether its first report made it known.';
comment on column lastgood.system.retired_at is 'Since when it is no longer watched, or null.';

comment on table lastgood.audit_log is
  'Every event: reports, alerts and changes. Live alerts have severity 10 and are not deleted.';
comment on column lastgood.audit_log.log_time is
  'When it happened; for a report done_at, or its arrival where done_at lay in the future.';
comment on column lastgood.audit_log.log_type is 'Type of the event, see event_type.';
comment on column lastgood.audit_log.severity is '0 normal, 1 warning, 2 error, 10 alert.';
comment on column lastgood.audit_log.deleted is 'For an alert: whether it has ended.';
comment on column lastgood.audit_log.done_at is 'For a report: the time it gave; else null.';
comment on column lastgood.audit_log.run_id is 'Which run the report belongs to, if it said so.';
comment on column lastgood.audit_log.event_id is
  'Unique id that a helper stamped; replays are found by it.';
comment on column lastgood.audit_log.backup_id is
  'The backup of lastgood that the report is about.';
comment on column lastgood.audit_log.arrived_at is 'When the event was recorded.';
comment on column lastgood.audit_log.reported_by is 'session_user of who reported.';
comment on column lastgood.audit_log.reported_as is
  'The role that was set when it was reported, if any.';
comment on column lastgood.audit_log.awaits_system is
  'Whether its system was not known when it arrived and is still to be registered.';
comment on column lastgood.audit_log.last_seen_at is
  'For an alert: when a check last saw its condition.';
comment on column lastgood.audit_log.ended_at is
  'For an alert: when its condition was seen to have ended.';
comment on column lastgood.audit_log.dismissed_by is 'For an alert: who hides it from people.';
comment on column lastgood.audit_log.dismissed_until is 'For an alert: until when it is hidden.';

comment on table lastgood.engine_backup_log is
  'Attempts that ended, good or bad, as oVirt''s table of that name; starts are in audit_log.';
comment on column lastgood.engine_backup_log.audit_log_id is 'The event that reported it.';
comment on column lastgood.engine_backup_log.counts_from is
  'When it counts from: done_at, but never later than its arrival.';

comment on table lastgood.event_type is 'Types of events with their names and severities.';
comment on table lastgood.config_key is 'Config keys as sql/config.sql describes them.';
comment on table lastgood.config_value is
  'Config values that were set; change them with set_config_value.';
comment on table lastgood.last_check is 'One row: when a freshness check last ran to its end.';
comment on table lastgood.granted_role is
  'Roles that were given a reach, granted again at every install.';
comment on table lastgood.migrations is
  'Migrations that were applied, kept by postgres-migrations.';
comment on table lastgood.code_layer is 'One row: which code layer is in place.';
