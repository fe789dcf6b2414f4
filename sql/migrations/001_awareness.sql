create schema if not exists lastgood_report;

-- Systems that are watched. Null in an override means: as the config key says.
create table lastgood.system (
  system_id       bigint generated always as identity primary key,
  fqdn            text collate "C" not null
    constraint system_is_named_once unique
    constraint system_name_fits check (char_length(fqdn) <= 255),
  required_scopes text[]
    constraint system_needs_at_least_one_scope check (cardinality(required_scopes) > 0),
  alert_after     interval
    constraint alert_period_is_positive check (alert_after > interval '0'),
  reporters       text[]
    constraint reporters_are_named check (cardinality(reporters) > 0),
  is_self_registered boolean not null default false,
  registered_at   timestamptz not null default clock_timestamp(),
  registered_by   text not null default session_user,
  retired_at      timestamptz
);

-- Every event: reports, alerts and what people changed. Rows of severity 10 that are not deleted
-- are live alerts.
create table lastgood.audit_log (
  audit_log_id   bigint generated always as identity primary key,
  log_time       timestamptz not null,
  log_type       integer not null,
  log_type_name  text not null,
  severity       smallint not null,
  message        text not null,
  fqdn           text collate "C",
  scope          text collate "C",
  deleted        boolean not null default false,
  origin         text not null default 'lastgood',
  done_at        timestamptz,
  run_id         text,
  event_id       uuid,
  backup_id      bigint,
  log_path       text,
  arrived_at     timestamptz not null default clock_timestamp(),
  reported_by    text not null default session_user,
  reported_as    text default nullif(current_setting('role'), 'none'),
  client_addr    inet default inet_client_addr(),
  awaits_system  boolean not null default false,
  last_seen_at   timestamptz,
  ended_at       timestamptz,
  dismissed_by   text,
  dismissed_until timestamptz,
  constraint report_names_system_and_scope
    check (done_at is null or (fqdn is not null and scope is not null)),
  constraint dismissal_names_who_and_until_when
    check ((dismissed_by is null) = (dismissed_until is null))
);

create unique index report_is_recorded_once
  on lastgood.audit_log (fqdn, scope, done_at, log_type)
  where done_at is not null and event_id is null;
create unique index event_is_recorded_once
  on lastgood.audit_log (event_id)
  where event_id is not null;
create index report_by_time
  on lastgood.audit_log (fqdn, scope, log_time, log_type)
  where done_at is not null;
create index audit_log_by_system
  on lastgood.audit_log (fqdn, audit_log_id);
create index report_awaiting_its_system
  on lastgood.audit_log (fqdn)
  where awaits_system;
create unique index alert_is_live_once
  on lastgood.audit_log (fqdn, log_type)
  where severity = 10 and not deleted;
create unique index general_alert_is_live_once
  on lastgood.audit_log (log_type)
  where severity = 10 and not deleted and fqdn is null;
create index audit_log_by_age
  on lastgood.audit_log using brin (log_time);

-- Attempts that ended. The first six columns are those of oVirt's design.
create table lastgood.engine_backup_log (
  scope          text collate "C" not null,
  done_at        timestamptz not null,
  is_passed      boolean not null,
  output_message text not null,
  fqdn           text collate "C" not null,
  log_path       text not null,
  audit_log_id   bigint primary key,
  counts_from    timestamptz not null,
  run_id         text,
  backup_id      bigint,
  constraint attempt_counts_no_later_than_it_ended check (counts_from <= done_at)
);

create index success_by_time
  on lastgood.engine_backup_log (fqdn, scope, counts_from desc)
  where is_passed;

create table lastgood.event_type (
  log_type      integer primary key,
  log_type_name text not null constraint event_type_is_named_once unique,
  severity      smallint not null
    constraint severity_is_known check (severity in (0, 1, 2, 10)),
  description   text not null
);

create table lastgood.config_key (
  name          text primary key,
  type          text not null
    constraint config_type_is_known
      check (type in ('Integer', 'String', 'Boolean', 'ScopeList', 'Url')),
  valid_values  text,
  default_value text not null,
  description   text not null
);

create table lastgood.config_value (
  name   text primary key
    constraint config_value_has_a_key references lastgood.config_key,
  value  text not null,
  set_at timestamptz not null default clock_timestamp(),
  set_by text not null default session_user
);

-- One row: when a freshness check last ran to its end.
create table lastgood.last_check (
  is_only_row boolean primary key default true
    constraint last_check_has_one_row check (is_only_row),
  checked_at  timestamptz
);
insert into lastgood.last_check default values;

-- Roles that were given a reach by grant_role; every install grants it again.
create table lastgood.granted_role (
  role_name  text not null,
  reach      text not null
    constraint reach_is_known check (reach in ('reporter', 'reader', 'operator')),
  may_dump   boolean not null default false,
  granted_at timestamptz not null default clock_timestamp(),
  granted_by text not null default session_user,
  primary key (role_name, reach)
);
