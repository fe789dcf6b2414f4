-- What provider types can do; src/providers says the same. The first layout is the default.
insert into lastgood.provider_type (type, keeps, max_backups, layouts, description)
values
  ('local-fs', 'any', null, '{tree,pack}', 'A folder of this machine, or one that is mounted.'),
  ('s3', 'any', null, '{pack}', 'A bucket of AWS, or of any service that speaks S3.'),
  ('swift', 'any', null, '{pack}', 'A container of OpenStack Swift.'),
  ('postgres', 'any', null, '{pack}', 'A PostgreSQL database, in a schema of its own.'),
  ('msd', 'ovf', 2, '{ovf-store}',
   'A folder with virtual machines as an oVirt storage domain keeps them: the two newest backups.'),
  ('debug', 'any', null, '{pack,tree}', 'For tests: shows every call, and fails where told to.'),
  ('noop', 'nothing', null, '{}', 'Keeps nothing: no backup is made here.')
on conflict (type) do update
  set keeps = excluded.keeps,
      max_backups = excluded.max_backups,
      layouts = excluded.layouts,
      description = excluded.description
  where (
    provider_type.keeps, provider_type.max_backups, provider_type.layouts,
    provider_type.description
  ) is distinct from (
    excluded.keeps, excluded.max_backups, excluded.layouts, excluded.description
  );

-- The one that is always there.
insert into lastgood.provider (name, type)
values ('noop', 'noop')
on conflict (name) do nothing;
