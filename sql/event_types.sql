-- Event types: ids and names 9022 to 9026 are oVirt's, ours start at 9100.
insert into lastgood.event_type (log_type, log_type_name, severity, description)
values
  (9022, 'ENGINE_NO_FULL_BACKUP', 10, 'A system has no full backup, or none has ever reported.'),
  (9023, 'ENGINE_NO_WARM_BACKUP', 10, 'The last full backup of a system is too old.'),
  (9024, 'ENGINE_BACKUP_STARTED', 0, 'A backup was started.'),
  (9025, 'ENGINE_BACKUP_COMPLETED', 0, 'A backup completed successfully.'),
  (9026, 'ENGINE_BACKUP_FAILED', 2, 'A backup failed.'),
  (9100, 'LASTGOOD_INVALID_EVENT', 1, 'A report could not be understood and counts as nothing.'),
  (9101, 'LASTGOOD_UNTRUSTED_EVENT', 1,
   'A report came from a role that may not report about this system.'),
  (9102, 'LASTGOOD_IGNORED_BACKUP_ID', 1, 'A report named a backup that it has no right to name.'),
  (9110, 'LASTGOOD_CONFIG_CHANGED', 0, 'A config value was changed.'),
  (9111, 'LASTGOOD_SYSTEM_ADDED', 0, 'A system is watched from now on.'),
  (9112, 'LASTGOOD_SYSTEM_CHANGED', 0, 'What a system needs was changed.'),
  (9113, 'LASTGOOD_SYSTEM_RETIRED', 0, 'A system is no longer watched.'),
  (9114, 'LASTGOOD_ALERT_DISMISSED', 0, 'Somebody has seen an alert and hides it for a while.'),
  (9115, 'LASTGOOD_ROLE_GRANTED', 0, 'A role was given a reach.'),
  (9116, 'LASTGOOD_SOURCE_ADDED', 0, 'lastgood can back up something more.'),
  (9117, 'LASTGOOD_SOURCE_DELETED', 0, 'lastgood backs up something no longer.'),
  (9118, 'LASTGOOD_PROVIDER_ADDED', 0, 'There is another place that keeps backups.'),
  (9119, 'LASTGOOD_PROVIDER_DELETED', 0, 'A place keeps backups no longer.'),
  (9120, 'LASTGOOD_TOO_MANY_SYSTEMS', 10,
   'Systems report that are not watched, because the limit is reached.'),
  (9121, 'LASTGOOD_BACKUP_HELD', 0, 'A backup is kept from being deleted.'),
  (9122, 'LASTGOOD_BACKUP_RELEASED', 0, 'A backup may be deleted again.'),
  (9123, 'LASTGOOD_BACKUP_DELETED', 0, 'A backup was deleted.'),
  (9124, 'LASTGOOD_BACKUP_NOT_DELETED', 1, 'A backup could not be deleted.'),
  (9125, 'LASTGOOD_COPY_CORRUPT', 2, 'What is stored of a backup is not what was backed up.'),
  (9126, 'LASTGOOD_COPY_MISSING', 2, 'What was stored of a backup is not there.'),
  (9127, 'LASTGOOD_COPY_GOOD_AGAIN', 0, 'A copy that was bad was verified and is good.'),
  (9128, 'LASTGOOD_PROVIDER_ATTACHED', 0, 'Backups of a place that had some are known here now.'),
  (9129, 'LASTGOOD_PROVIDER_DETACHED', 0, 'A place is used no longer, and keeps its backups.'),
  (9130, 'LASTGOOD_SOURCE_CHANGED', 0, 'Settings of a source were changed.'),
  (9131, 'LASTGOOD_COPY_GAVE_WAY', 0, 'A copy was removed to make room for a newer backup.')
on conflict (log_type) do update
  set log_type_name = excluded.log_type_name,
      severity = excluded.severity,
      description = excluded.description
  where (event_type.log_type_name, event_type.severity, event_type.description)
    is distinct from (excluded.log_type_name, excluded.severity, excluded.description);
