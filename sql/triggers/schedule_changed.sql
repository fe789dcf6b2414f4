-- All columns but those that say when it runs next and what it did so far: plan_slots sets these.
create or replace trigger schedule_changed
  before insert or update of
    source_id, name, description, pattern, tz, kind, parent_id, on_missing_parent, max_chain,
    providers, is_enabled, first_at, until_at, max_runs, overlap, missed, missed_cap, retries,
    backoff, timeout, grace, keep_last, keep_hourly, keep_daily, keep_weekly, keep_monthly,
    keep_yearly, keep_proven, deleted_at
  on lastgood.schedule
  for each row
  execute function lastgood.schedule_changed();

comment on trigger schedule_changed on lastgood.schedule is
  'Checks schedules that are written, and tells when they run next.';
