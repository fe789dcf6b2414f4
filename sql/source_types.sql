-- What source types can do; src/sources says the same.
insert into lastgood.source_type (type, can_increment, is_tree, has_groups, description)
values
  ('postgresql', false, false, false,
   'Databases of a PostgreSQL server, by pg_dump, with its roles.'),
  ('files', true, true, false, 'A directory tree with links, modes, owners and times.'),
  ('command', false, false, false, 'What a program of the commands file writes.'),
  ('ovf', true, false, true, 'Virtual machines and templates of oVirt, as OVF documents.')
on conflict (type) do update
  set can_increment = excluded.can_increment,
      is_tree = excluded.is_tree,
      has_groups = excluded.has_groups,
      description = excluded.description
  where (
    source_type.can_increment, source_type.is_tree, source_type.has_groups, source_type.description
  ) is distinct from (
    excluded.can_increment, excluded.is_tree, excluded.has_groups, excluded.description
  );
