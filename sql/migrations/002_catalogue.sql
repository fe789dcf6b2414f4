-- One row: which installation this is; providers carry its mark.
create table lastgood.installation (
  is_only_row     boolean primary key default true
    constraint installation_has_one_row check (is_only_row),
  installation_id uuid not null default gen_random_uuid()
);
insert into lastgood.installation default values;

-- What source types can do; rows from source_types.sql.
create table lastgood.source_type (
  type          text primary key,
  can_increment boolean not null,
  -- Whether its backups are trees of files, for which layout tree is meant.
  is_tree       boolean not null,
  description   text not null
);

-- What provider types can do; rows from provider_types.sql.
create table lastgood.provider_type (
  type        text primary key,
  keeps       text not null
    constraint kind_of_keeping_is_known check (keeps in ('any', 'ovf', 'nothing')),
  max_backups integer
    constraint at_least_one_backup_fits check (max_backups > 0),
  layouts     text[] not null
    constraint layouts_of_type_are_known check (layouts <@ array['pack', 'tree']),
  description text not null
);

create table lastgood.provider (
  provider_id bigint generated always as identity primary key,
  name        text not null
    constraint provider_is_named_once unique
    constraint provider_name_is_plain check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
  type        text not null
    constraint provider_has_a_type references lastgood.provider_type,
  settings    jsonb not null default '{}'
    constraint provider_settings_are_an_object check (jsonb_typeof(settings) = 'object'),
  layout      text
    constraint layout_of_provider_is_known check (layout in ('pack', 'tree')),
  recipients  text[] not null default '{}'
    constraint trees_are_not_encrypted check (layout = 'pack' or cardinality(recipients) = 0),
  marker      uuid not null default gen_random_uuid(),
  added_at    timestamptz not null default clock_timestamp(),
  added_by    text not null default session_user
);
create index provider_by_type on lastgood.provider (type);

create table lastgood.source (
  source_id  bigint generated always as identity primary key,
  name       text not null
    constraint source_name_is_plain check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'),
  type       text not null
    constraint source_has_a_type references lastgood.source_type,
  system_id  bigint not null
    constraint source_belongs_to_a_system references lastgood.system,
  scope      text collate "C" not null,
  settings   jsonb not null default '{}'
    constraint source_settings_are_an_object check (jsonb_typeof(settings) = 'object'),
  added_at   timestamptz not null default clock_timestamp(),
  added_by   text not null default session_user,
  -- The row stays for the history of its backups.
  deleted_at timestamptz
);
create unique index source_is_named_once on lastgood.source (name) where deleted_at is null;
create index source_by_type on lastgood.source (type);
create index source_by_system on lastgood.source (system_id, scope);

create table lastgood.backup (
  backup_id      bigint generated always as identity primary key,
  -- Also the key of its bytes at providers.
  name           text not null
    constraint backup_is_named_once unique
    constraint backup_name_is_plain check (name ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$'),
  source_id      bigint not null
    constraint backup_comes_from_a_source references lastgood.source,
  type           text not null
    constraint backup_type_is_known check (type in ('full', 'incremental')),
  parent_id      bigint
    constraint backup_builds_on_a_backup references lastgood.backup,
  state          text not null default 'RUNNING'
    constraint backup_state_is_known check (state in (
      'RUNNING', 'COMPLETE', 'PARTIAL', 'FAILED', 'DELETING', 'DELETED', 'DELETE_FAILED'
    )),
  started_at     timestamptz not null default clock_timestamp(),
  ended_at       timestamptz,
  lease_until    timestamptz,
  token          uuid default gen_random_uuid(),
  started_event  uuid not null default gen_random_uuid(),
  ended_event    uuid not null default gen_random_uuid(),
  started_by     text not null default session_user,
  host           text,
  size_bytes     bigint,
  entries        bigint,
  reason         text,
  missing        jsonb not null default '[]',
  not_collected  text[] not null default '{}',
  versions       jsonb not null default '{}',
  held_at        timestamptz,
  held_by        text,
  hold_reason    text,
  deleted_at     timestamptz,
  constraint incremental_backup_has_a_parent
    check ((type = 'incremental') = (parent_id is not null)),
  constraint running_backup_has_a_lease
    check ((state = 'RUNNING') = (lease_until is not null and token is not null)),
  constraint backup_ends_when_it_runs_no_more check ((state = 'RUNNING') = (ended_at is null)),
  constraint hold_names_who_and_when check ((held_at is null) = (held_by is null))
);
create index backup_by_source on lastgood.backup (source_id, backup_id);
create index backup_by_parent on lastgood.backup (parent_id);
create index backup_by_lease on lastgood.backup (lease_until) where state = 'RUNNING';

-- The bytes of a backup at one provider.
create table lastgood.backup_copy (
  backup_copy_id  bigint generated always as identity primary key,
  backup_id       bigint not null
    constraint copy_is_of_a_backup references lastgood.backup,
  provider_id     bigint not null
    constraint copy_lies_at_a_provider references lastgood.provider,
  state           text not null default 'RUNNING'
    constraint copy_state_is_known check (state in (
      'RUNNING', 'COMPLETE', 'CORRUPT', 'MISSING', 'DELETING', 'DELETED', 'DELETE_FAILED'
    )),
  layout          text not null
    constraint layout_of_copy_is_known check (layout in ('pack', 'tree')),
  recipients      text[] not null default '{}',
  manifest_key    text,
  manifest_sha256 text
    constraint manifest_hash_is_hex check (manifest_sha256 ~ '^[0-9a-f]{64}$'),
  manifest_size   bigint,
  stored_bytes    bigint,
  proof_level     smallint not null default 0
    constraint proof_level_is_known check (proof_level between 0 and 5),
  proven_at       timestamptz,
  last_result     text
    constraint verification_result_is_known
      check (last_result in ('ok', 'corrupt', 'missing', 'unverifiable', 'could_not_check')),
  last_checked_at timestamptz,
  reason          text,
  constraint copy_is_made_once_a_provider unique (backup_id, provider_id),
  constraint good_copy_has_a_manifest check (
    state not in ('COMPLETE', 'CORRUPT', 'MISSING')
    or (manifest_key is not null and manifest_sha256 is not null and manifest_size is not null)
  )
);
create index copy_by_provider on lastgood.backup_copy (provider_id, backup_id);

-- Large objects that hold content of one or several backups at one provider.
create table lastgood.pack (
  pack_id        bigint generated always as identity primary key,
  provider_id    bigint not null
    constraint pack_lies_at_a_provider references lastgood.provider,
  name           text not null
    constraint pack_name_is_plain check (name ~ '^[a-z0-9]{8,40}$'),
  state          text not null default 'RUNNING'
    constraint pack_state_is_known check (state in ('RUNNING', 'COMPLETE', 'DELETING')),
  recipients     text[] not null default '{}',
  size_bytes     bigint,
  sha256         text
    constraint pack_hash_is_hex check (sha256 ~ '^[0-9a-f]{64}$'),
  -- An index that the layout reads; already compressed.
  contents       bytea,
  added_at       timestamptz not null default clock_timestamp(),
  -- Since when a copy that names it is known to be bad: nothing new may rely on it.
  suspected_at   timestamptz,
  constraint pack_is_named_once_a_provider unique (provider_id, name),
  constraint complete_pack_is_described
    check (state <> 'COMPLETE' or (size_bytes is not null and sha256 is not null))
);
alter table lastgood.pack alter column contents set storage external;

-- Which copies name which packs, and how many bytes of them they use.
create table lastgood.backup_copy_pack (
  backup_copy_id bigint not null
    constraint pack_is_used_by_a_copy references lastgood.backup_copy,
  pack_id        bigint not null
    constraint copy_uses_a_pack references lastgood.pack,
  used_bytes     bigint,
  primary key (backup_copy_id, pack_id)
);
create index copy_by_pack on lastgood.backup_copy_pack (pack_id);

-- Parts that can be picked at restore; files stand in the manifest alone.
create table lastgood.backup_item (
  backup_item_id bigint generated always as identity primary key,
  backup_id      bigint not null
    constraint item_is_part_of_a_backup references lastgood.backup,
  kind           text not null
    constraint item_kind_is_known check (kind in (
      'globals', 'database', 'schema', 'table', 'vm', 'template', 'stream'
    )),
  name           text not null,
  parent_name    text,
  size_bytes     bigint,
  details        jsonb not null default '{}',
  constraint item_is_named_once_a_backup unique (backup_id, kind, name)
);

create table lastgood.restore (
  restore_id     bigint generated always as identity primary key,
  backup_id      bigint not null
    constraint restore_is_of_a_backup references lastgood.backup,
  backup_copy_id bigint
    constraint restore_reads_a_copy references lastgood.backup_copy,
  state          text not null default 'RUNNING'
    constraint restore_state_is_known check (state in ('RUNNING', 'COMPLETE', 'FAILED')),
  picked         text[] not null default '{}',
  target         text not null,
  started_at     timestamptz not null default clock_timestamp(),
  ended_at       timestamptz,
  lease_until    timestamptz,
  token          uuid default gen_random_uuid(),
  started_by     text not null default session_user,
  host           text,
  restored_bytes bigint,
  actions        text[] not null default '{}',
  reason         text,
  constraint restore_ends_when_it_runs_no_more check ((state = 'RUNNING') = (ended_at is null)),
  constraint running_restore_has_a_lease
    check ((state = 'RUNNING') = (lease_until is not null and token is not null))
);
create index restore_by_backup on lastgood.restore (backup_id);
create index restore_by_copy on lastgood.restore (backup_copy_id);
create index restore_by_lease on lastgood.restore (lease_until) where state = 'RUNNING';

-- Successes of our own backups, for verdicts that ask for proof. None is there yet: it is empty.
-- squawk-ignore require-concurrent-index-creation
create index proven_success_by_time
  on lastgood.engine_backup_log (fqdn, scope, counts_from desc)
  where is_passed and backup_id is not null;
