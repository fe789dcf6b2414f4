-- Config keys. Values that were set stay in lastgood.config_value and are never touched here.
-- valid_values: numbers and ranges "a..b", separated by commas; null means any value of the type.
insert into lastgood.config_key (name, type, valid_values, default_value, description)
values
  ('BackupCheckPeriodInHours', 'Integer', '-1,1..2147483647', '6',
   'Hours between two checks of backup freshness; -1 switches checking and alerts off'),
  ('BackupAlertPeriodInDays', 'Integer', '1..2147483647', '1',
   'Days that a system may go without a fresh full backup before an alert is raised'),
  ('BackupRequiredScopes', 'ScopeList', null, 'db,files',
   'Scopes that together make a full backup, for systems without scopes of their own'),
  ('BackupStuckAfterHours', 'Integer', '1..2147483647', '24',
   'Hours after which a backup that started and did not end is shown as stuck'),
  ('BackupFailingAfterAttempts', 'Integer', '1..1000', '3',
   'Number of failed attempts in a row after which a scope is shown as failing'),
  ('BackupUntakenAfterMinutes', 'Integer', '-1,1..2147483647', '10',
   'Minutes after which a scheduled run that no worker takes is a warning; -1 for never'),
  ('BackupWaitingAfterMinutes', 'Integer', '-1,1..2147483647', '240',
   'Minutes after which a scheduled run that waits for room is a warning; -1 for never'),
  ('BackupRequiredProofLevel', 'Integer', '0..5', '0',
   'Proof level that a backup needs to count as good; reports of other tools are level 0'),
  ('BackupAutoRegister', 'Boolean', 'true,false', 'true',
   'Whether a system is watched from its first report on'),
  ('BackupAutoRegisterLimit', 'Integer', '0..2147483647', '1000',
   'Number of watched systems that may have registered themselves'),
  ('BackupEventRetentionDays', 'Integer', '1..2147483647', '400',
   'Days that events are kept; live alerts and the newest success and attempt of each scope stay'),
  ('BackupMaxChainLength', 'Integer', '2..10000', '30',
   'Number of backups that may build on one another; the next is a full one'),
  ('BackupExcludeTables', 'String', null, '',
   'Tables left out of every dump: patterns as of pg_dump -T, separated by commas'),
  ('BackupDocumentationUrl', 'Url', null, '',
   'Address of your own backup instructions, added to every alert')
on conflict (name) do update
  set type = excluded.type,
      valid_values = excluded.valid_values,
      default_value = excluded.default_value,
      description = excluded.description
  where (config_key.type, config_key.valid_values, config_key.default_value, config_key.description)
    is distinct from
    (excluded.type, excluded.valid_values, excluded.default_value, excluded.description);

-- Small tables are never analysed by themselves, and the verdict's plan depends on how small they
-- are.
analyze lastgood.config_key, lastgood.config_value, lastgood.event_type, lastgood.last_check;
