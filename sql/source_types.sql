-- What source types can do; src/sources says the same.
insert into lastgood.source_type (type, can_increment, description)
values
  ('postgresql', false, 'Databases of a PostgreSQL server, by pg_dump, with its roles.'),
  ('files', true, 'A directory tree with links, modes, owners and times.'),
  ('command', false, 'What a program of the commands file writes.')
on conflict (type) do update
  set can_increment = excluded.can_increment, description = excluded.description
  where (source_type.can_increment, source_type.description)
    is distinct from (excluded.can_increment, excluded.description);
