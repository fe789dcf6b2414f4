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

comment on table lastgood.installation is
  'One row: the id of this installation, which providers are marked with.';
comment on table lastgood.source_type is 'Types of sources and what they can do.';
comment on table lastgood.provider_type is 'Types of providers and what they can do.';
comment on column lastgood.provider_type.keeps is
  'What a provider keeps: any object, ovf items alone, or nothing.';
comment on column lastgood.provider_type.layouts is 'Layouts; the first one is the default.';

comment on table lastgood.provider is
  'Places that keep backups; change them with the functions only.';
comment on column lastgood.provider.settings is
  'As its type needs them; secrets are named, never kept.';
comment on column lastgood.provider.layout is 'How new copies lie there; null keeps nothing.';
comment on column lastgood.provider.recipients is 'For whom new copies are encrypted, sorted.';
comment on column lastgood.provider.marker is 'What its place is marked with.';

comment on table lastgood.source is
  'What lastgood backs up; change it with the functions only.';
comment on column lastgood.source.deleted_at is 'Since when it is backed up no longer, or null.';
comment on column lastgood.source.origin is
  'The installation with whose backups it was attached; null where it was added.';

comment on table lastgood.backup is
  'Backups that lastgood made or makes; rows stay when they are deleted.';
comment on column lastgood.backup.lease_until is
  'Until when whoever makes it is believed to be there; null once it has ended.';
comment on column lastgood.backup.token is
  'Known to whoever makes it, and needed to seal it; null once it has ended.';
comment on column lastgood.backup.started_event is 'The event id of the report of its start.';
comment on column lastgood.backup.ended_event is 'The event id of the report of its end.';
comment on column lastgood.backup.missing is 'What could not be read: a list of path and reason.';
comment on column lastgood.backup.not_collected is 'What was not collected, such as xattrs.';
comment on column lastgood.backup.origin is
  'The installation that made it; null for this one.';
comment on column lastgood.backup.items_known is
  'Whether backup_item has its items; of an attached one, once somebody has asked for them.';
comment on column lastgood.backup.versions is 'Versions of servers and programs.';

comment on table lastgood.backup_copy is
  'The bytes of a backup at one provider, and how far they are proven.';
comment on column lastgood.backup_copy.manifest_key is 'The object that lists what is in it.';
comment on column lastgood.backup_copy.stored_bytes is 'What this copy added to the provider.';
comment on column lastgood.backup_copy.proof_level is
  '0 reported, 1 stored, 2 checksummed, 3 decoded, 4 restored, 5 assertions held.';
comment on column lastgood.backup_copy.proven_at is 'When that level was last reached.';

comment on table lastgood.pack is
  'Large objects at a provider that hold content of one or several copies.';
comment on column lastgood.pack.contents is 'An index of what is in it; read by the layout.';
comment on column lastgood.pack.suspected_at is
  'Since when a copy that names it is known to be bad: new backups do not rely on it.';
comment on table lastgood.backup_copy_pack is
  'Which copies name which packs; a pack that none names is removed.';
comment on column lastgood.backup_copy_pack.used_bytes is
  'How much of the pack the copy uses; null until it is sealed.';

comment on table lastgood.backup_item is
  'Parts of backups that can be picked at restore; files stand in the manifest alone.';
comment on table lastgood.restore is 'Acts of bringing items back.';
comment on column lastgood.restore.picked is 'What was picked; all of it where it is empty.';
comment on column lastgood.restore.actions is 'What the restore did, a line each.';
