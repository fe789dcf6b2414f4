-- The config keys that the verdict needs, typed, in one row with the time for which it is made and
-- that of the last check.
create or replace view lastgood.setting as
select
  lastgood.clock() as now,
  regexp_split_to_array(
    max(c.value) filter (where c.name = 'BackupRequiredScopes'), ','
  ) as required_scopes,
  make_interval(
    days => (max(c.value) filter (where c.name = 'BackupAlertPeriodInDays'))::integer
  ) as alert_after,
  make_interval(
    hours => (max(c.value) filter (where c.name = 'BackupStuckAfterHours'))::integer
  ) as stuck_after,
  (max(c.value) filter (where c.name = 'BackupFailingAfterAttempts'))::integer as failing_after,
  (max(c.value) filter (where c.name = 'BackupRequiredProofLevel'))::integer as proof_level,
  make_interval(
    hours => (
      max(c.value) filter (where c.name = 'BackupCheckPeriodInHours' and c.value <> '-1')
    )::integer
  ) as check_period,
  (select l.checked_at from lastgood.last_check as l) as last_check_at,
  make_interval(
    mins => (
      max(c.value) filter (where c.name = 'BackupUntakenAfterMinutes' and c.value <> '-1')
    )::integer
  ) as untaken_after,
  make_interval(
    mins => (
      max(c.value) filter (where c.name = 'BackupWaitingAfterMinutes' and c.value <> '-1')
    )::integer
  ) as waiting_after
from (
  select k.name, coalesce(v.value, k.default_value) as value
  from lastgood.config_key as k
  left join lastgood.config_value as v on v.name = k.name
) as c;

comment on view lastgood.setting is
  'One row: now, when a check last ran, and the config of the verdict as typed columns;'
  ' check_period is null while checking is off, untaken_after and waiting_after where they are.';
