-- What each table and column of the calendar is.
comment on table lastgood.schedule is 'When sources are backed up by themselves.';
comment on column lastgood.schedule.pattern is 'Five fields of cron, in the time zone tz.';
comment on column lastgood.schedule.next_run_at is 'Null where it never runs again.';
comment on column lastgood.schedule.grace is
  'How long after the second run without a good backup its scope is still fresh.';
comment on table lastgood.execution is
  'Runs of the slots of schedules, also of those that were skipped or missed.';
comment on column lastgood.execution.slot_at is 'When it was due; null where it was asked for.';
comment on column lastgood.execution.output is 'Of the last attempt: status, backup_id, error.';
comment on column lastgood.execution.is_late is
  'Whether its slot had been missed, so that it makes up for it.';
comment on column lastgood.execution.token is
  'Keeps a worker that was taken for dead from going on; no secret.';
comment on column lastgood.schedule.runs is 'How many of its slots became runs.';
comment on column lastgood.backup.schedule_id is
  'By whose keep_* settings it goes one day; null was asked for by somebody.';
comment on column lastgood.pack.forgotten_at is
  'Since when a pack is gone that was never complete: it may yet be written late.';
comment on table lastgood.deleted_execution is
  'What paging needs of executions that were deleted, for a month.';
