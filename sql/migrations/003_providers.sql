-- Functions whose parameters change with this version.
drop function if exists lastgood.record_verification(bigint, smallint, text, text, text[]);
drop function if exists lastgood.seal_backup(bigint, uuid, bigint, bigint, jsonb, text[], jsonb);
drop function if exists lastgood.add_provider(text, text, jsonb, text, text[]);
drop function if exists lastgood.choose_providers(text[]);

-- Whether the items of a type belong to groups, such as the data centers of virtual machines.
alter table lastgood.source_type add column has_groups boolean not null default false;

-- An OVF store is a form of its own: a tar that other programs read.
alter table lastgood.provider_type
  drop constraint layouts_of_type_are_known,
  add constraint layouts_of_type_are_known check (layouts <@ array['pack', 'tree', 'ovf-store']);
alter table lastgood.provider
  drop constraint layout_of_provider_is_known,
  add constraint layout_of_provider_is_known check (layout in ('pack', 'tree', 'ovf-store')),
  -- Whose items alone are kept here; null keeps those of the whole installation.
  add column group_name text
    constraint group_of_provider_has_a_name check (group_name <> ''),
  -- Keys of manifests there that could not be read when it was attached, or whose row is lost.
  add column unreadable text[] not null default '{}';
alter table lastgood.backup_copy
  drop constraint layout_of_copy_is_known,
  add constraint layout_of_copy_is_known check (layout in ('pack', 'tree', 'ovf-store')),
  -- Whose items alone are in it; null is all of the backup.
  add column group_name text,
  -- Whether something that lies under its name may be its own: set before its first byte.
  add column is_begun boolean not null default true;

-- Whether a manifest that cannot be read may need it: it stays there, used or not.
alter table lastgood.pack add column is_held boolean not null default false;

alter table lastgood.backup
  -- To which its items belong; '' is none. Empty where the source has no groups.
  add column groups      text[] not null default '{}',
  -- Where it was made, if that was not here: its installation, and the name that it has there.
  add column origin      uuid,
  add column origin_name text,
  add column attached_at timestamptz,
  -- Whether what can be picked stands in backup_item; of attached ones, once somebody has asked.
  add column items_known boolean not null default true,
  add constraint origin_has_a_name check ((origin is null) = (origin_name is null)),
  -- What an attached backup builds on may not be known here; each one holds all that it needs.
  drop constraint incremental_backup_has_a_parent,
  add constraint full_backup_has_no_parent check (type = 'incremental' or parent_id is null);
-- squawk-ignore require-concurrent-index-creation
create unique index backup_is_attached_once
  on lastgood.backup (origin_name, origin, started_at)
  where origin is not null;

alter table lastgood.source
  -- Where the backups came from with which it was attached, and what it is called there.
  add column origin      uuid,
  add column origin_name text,
  add constraint origin_of_source_has_a_name check ((origin is null) = (origin_name is null));
-- squawk-ignore require-concurrent-index-creation
create index source_by_origin on lastgood.source (origin, origin_name) where origin is not null;
