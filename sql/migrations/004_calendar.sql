drop function if exists lastgood.add_source(text, text, text, text, jsonb);
drop function if exists lastgood.delete_source(text);
drop function if exists lastgood.is_chain_intact(bigint);

alter table lastgood.source
  -- Words that a worker must have, too, to take its backups: where it can be reached from.
  add column labels      text[] not null default '{}',
  -- How many of its backups may run at once.
  add column max_running integer not null default 1
    constraint source_may_run check (max_running > 0);

alter table lastgood.provider
  -- How many scheduled backups may write there at once; null is as many as like.
  add column max_running integer
    constraint provider_may_be_used check (max_running > 0),
  -- How many backups, and how many bytes, may lie there; null is no limit.
  add column max_backups integer
    constraint provider_may_keep_backups check (max_backups > 0),
  add column max_bytes   bigint
    constraint provider_may_keep_bytes check (max_bytes > 0),
  -- When workers try next to remove what is left there and nobody needs; null where nothing is.
  add column sweep_at       timestamptz,
  add column sweep_failures integer not null default 0
    constraint failures_to_sweep_are_counted check (sweep_failures >= 0),
  -- Why that failed the last time.
  add column sweep_error    text;

-- When a source is backed up by itself. A row that is written in plain SQL is checked, and gets its
-- next_run_at, as any other: see the trigger schedule_changed.
create table lastgood.schedule (
  schedule_id       bigint generated always as identity primary key,
  source_id         bigint not null
    constraint schedule_is_of_a_source references lastgood.source,
  -- Its backups are called so, with the time of their slot.
  name              text not null
    constraint schedule_name_is_plain check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
  description       text not null default '',
  -- Five fields of cron, in the time zone.
  pattern           text not null,
  tz                text not null default 'UTC',
  kind              text not null default 'full'
    constraint kind_of_schedule_is_known check (kind in ('full', 'incremental')),
  -- On what each of its backups builds; null is the latest one of the source.
  parent_id         bigint
    constraint schedule_builds_on_a_backup references lastgood.backup,
  on_missing_parent text not null default 'full'
    constraint way_without_parent_is_known check (on_missing_parent in ('full', 'fail')),
  -- How many backups may build on one another, the first one counted; null is as many as the
  -- config says.
  max_chain         integer
    constraint length_of_chain_is_sane check (max_chain between 2 and 10000),
  -- Names; none is the only provider that keeps bytes.
  providers         text[] not null default '{}',
  is_enabled        boolean not null default true,
  -- Later ones would put deadlines beyond all that a timestamptz can be.
  first_at          timestamptz
    constraint schedule_begins_within_reach
    check (first_at >= '1970-01-01T00:00:00Z' and first_at < '10000-01-01T00:00:00Z'),
  until_at          timestamptz
    constraint schedule_ends_within_reach
    check (until_at >= '1970-01-01T00:00:00Z' and until_at < '10000-01-01T00:00:00Z'),
  max_runs          integer
    constraint schedule_runs_at_least_once check (max_runs > 0),
  -- What becomes of a slot while the run of an earlier one goes on.
  overlap           text not null default 'skip'
    constraint overlap_policy_is_known check (overlap in ('skip', 'queue')),
  -- What becomes of slots that nobody could run in time: none, the newest, or all up to a cap.
  missed            text not null default 'once'
    constraint missed_policy_is_known check (missed in ('skip', 'once', 'all')),
  missed_cap        integer not null default 10
    constraint missed_cap_is_sane check (missed_cap between 1 and 1000),
  retries           integer not null default 0
    constraint retries_are_few check (retries between 0 and 100),
  -- Before the first retry; doubled before each further one.
  backoff           interval not null default '1 minute'
    constraint backoff_is_positive_and_within_a_century
    check (backoff > interval '0' and backoff <= interval '100 years'),
  -- A longer one would put the end of a run beyond all that a timestamptz can be.
  timeout           interval
    constraint timeout_is_positive_and_within_a_century
    check (timeout > interval '0' and timeout <= interval '100 years'),
  -- How long after the second run without a good backup its scope is still fresh.
  grace             interval not null default '1 hour'
    constraint grace_is_not_negative_and_within_a_century
    check (grace >= interval '0' and grace <= interval '100 years'),
  -- Which of its backups are kept; where all are null, all of them.
  keep_last         integer constraint keep_last_is_positive check (keep_last > 0),
  keep_hourly       integer constraint keep_hourly_is_positive check (keep_hourly > 0),
  keep_daily        integer constraint keep_daily_is_positive check (keep_daily > 0),
  keep_weekly       integer constraint keep_weekly_is_positive check (keep_weekly > 0),
  keep_monthly      integer constraint keep_monthly_is_positive check (keep_monthly > 0),
  keep_yearly       integer constraint keep_yearly_is_positive check (keep_yearly > 0),
  keep_proven       integer not null default 1
    constraint a_proven_backup_is_kept check (keep_proven > 0),
  -- Null where it never runs again.
  next_run_at       timestamptz,
  -- How many of its slots became runs: what max_runs limits.
  runs              integer not null default 0
    constraint runs_of_schedule_are_counted check (runs >= 0),
  created_at        timestamptz not null default clock_timestamp(),
  created_by        text not null default session_user,
  updated_at        timestamptz,
  -- The row stays for the history of its executions.
  deleted_at        timestamptz,
  constraint fixed_parent_is_for_increments check (kind = 'incremental' or parent_id is null)
);
create unique index schedule_is_named_once_a_source on lastgood.schedule (source_id, name)
  where deleted_at is null;
create index schedule_by_source on lastgood.schedule (source_id);
create index schedule_by_next_run on lastgood.schedule (next_run_at)
  where is_enabled and deleted_at is null;
create index schedule_by_parent on lastgood.schedule (parent_id);

-- One run of one slot of a schedule, whatever became of it.
create table lastgood.execution (
  execution_id bigint generated always as identity primary key,
  schedule_id  bigint not null
    constraint execution_is_of_a_schedule references lastgood.schedule,
  -- When it was due; null was asked for by somebody.
  slot_at      timestamptz,
  queued_at    timestamptz not null default clock_timestamp(),
  -- A retry waits so long.
  not_before   timestamptz,
  started_at   timestamptz,
  finished_at  timestamptz,
  state        text not null default 'QUEUED'
    constraint execution_state_is_known check (state in (
      'QUEUED', 'RUNNING', 'SUCCESS', 'PARTIAL', 'ERROR', 'SKIPPED', 'MISSED', 'CANCELLED',
      'INTERRUPTED'
    )),
  reason       text,
  attempt      integer not null default 1,
  -- Who runs it, or ran it last.
  worker       text,
  host         text,
  -- Its newest backup.
  backup_id    bigint
    constraint execution_makes_a_backup references lastgood.backup,
  output       jsonb,
  requested_by text,
  -- Its slot had been missed: it makes up for it.
  is_late      boolean not null default false,
  -- How long a lease is, and until when it is taken. The token keeps whoever lost it from going on.
  lease        interval,
  lease_until  timestamptz,
  token        uuid,
  constraint slot_has_one_execution unique (schedule_id, slot_at),
  constraint running_execution_has_a_lease
    check (
      (state = 'RUNNING') = (lease is not null and lease_until is not null and token is not null)
    ),
  constraint execution_finishes_when_it_ends
    check ((state in ('QUEUED', 'RUNNING')) = (finished_at is null))
);
create index execution_by_time
  on lastgood.execution (schedule_id, (coalesce(slot_at, queued_at)) desc, execution_id desc);
create index execution_to_do
  on lastgood.execution ((coalesce(slot_at, queued_at)), execution_id) where state = 'QUEUED';
create index execution_in_progress on lastgood.execution (schedule_id)
  where state in ('QUEUED', 'RUNNING');
create index execution_by_lease on lastgood.execution (lease_until) where state = 'RUNNING';
create index execution_that_ran
  on lastgood.execution (schedule_id, (coalesce(slot_at, queued_at)) desc, execution_id desc)
  where state in ('SUCCESS', 'PARTIAL', 'ERROR', 'INTERRUPTED');
create index execution_by_end on lastgood.execution (finished_at, state)
  where finished_at is not null;
create index execution_by_backup on lastgood.execution (backup_id);

-- What is needed to go on listing after an execution that somebody deleted.
create table lastgood.deleted_execution (
  schedule_id  bigint not null
    constraint deleted_execution_was_of_a_schedule references lastgood.schedule,
  execution_id bigint not null,
  listed_at    timestamptz not null,
  deleted_at   timestamptz not null default clock_timestamp(),
  primary key (schedule_id, execution_id)
);
create index deleted_execution_by_age on lastgood.deleted_execution (deleted_at);

alter table lastgood.backup
  -- Whose retention it is subject to; null was asked for by somebody.
  add column schedule_id bigint
    -- squawk-ignore adding-foreign-key-constraint
    constraint backup_is_made_by_a_schedule references lastgood.schedule;
-- squawk-ignore require-concurrent-index-creation
create index backup_by_schedule on lastgood.backup (schedule_id, state);
-- The newest good and the newest proven one of a source are found among these, newest first.
-- squawk-ignore require-concurrent-index-creation
create index backup_to_rely_on on lastgood.backup (source_id, ended_at desc, backup_id desc)
  where state = 'COMPLETE';
-- squawk-ignore require-concurrent-index-creation
create index copy_that_takes_room on lastgood.backup_copy (provider_id)
  where state <> 'DELETED';

alter table lastgood.pack
  -- Since when one is gone that was never complete: whoever was writing it may only be asleep.
  add column forgotten_at timestamptz;
-- squawk-ignore require-concurrent-index-creation
create index backup_that_failed on lastgood.backup (ended_at) where state = 'FAILED';
-- squawk-ignore require-concurrent-index-creation
create index copy_to_remove on lastgood.backup_copy (provider_id)
  where state in ('DELETING', 'DELETE_FAILED');
-- squawk-ignore require-concurrent-index-creation
create index pack_to_remove on lastgood.pack (provider_id)
  where state = 'DELETING' and forgotten_at is null;
