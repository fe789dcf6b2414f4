-- What each table and column of the catalogue is.
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
