-- What a provider of type "postgres" keeps its objects in, in whichever database that is: schema
-- lastgood_store, apart from schema lastgood. lastgood runs it where the tables are not there;
-- a DBA may do so first, as the role that lastgood will use: lastgood sql object-store | psql
do $$
begin
  if to_regnamespace('lastgood_store') is null then
    create schema lastgood_store;
  end if;
end;
$$;

create table lastgood_store.marker (
  is_only      boolean not null default true,
  version      integer not null,
  installation text not null,
  marker       text not null,
  constraint marker_pkey primary key (is_only),
  constraint there_is_one_marker check (is_only)
);

create table lastgood_store.object (
  object_id  uuid not null,
  key        text collate "C" not null,
  chunk_size integer not null,
  size       bigint,
  begun_at   timestamptz not null default clock_timestamp(),
  whole_at   timestamptz,
  constraint object_pkey primary key (object_id),
  constraint chunks_have_bytes check (chunk_size > 0),
  constraint size_is_not_negative check (size >= 0),
  constraint whole_objects_have_a_size check ((size is null) = (whole_at is null))
);

create unique index object_key on lastgood_store.object (key) where size is not null;

create table lastgood_store.chunk (
  object_id uuid not null,
  number    integer not null,
  sha256    bytea not null,
  bytes     bytea not null,
  constraint chunk_pkey primary key (object_id, number),
  constraint chunk_is_of_an_object foreign key (object_id)
    references lastgood_store.object on delete cascade,
  constraint chunks_are_counted_from_0 check (number >= 0),
  constraint sha256_has_32_bytes check (length(sha256) = 32)
);

-- What comes is compressed already, and may be encrypted.
alter table lastgood_store.chunk alter column bytes set storage external;

comment on schema lastgood_store is
  'Backups that lastgood keeps in this database. Leave it out of dumps: pg_dump -N lastgood_store';

comment on table lastgood_store.marker is
  'One row: whose place this is. Without it nothing is read or written here.';
comment on column lastgood_store.marker.is_only is 'Always true: there is one row.';
comment on column lastgood_store.marker.version is 'Of these tables.';
comment on column lastgood_store.marker.installation is 'The id of the installation of lastgood.';
comment on column lastgood_store.marker.marker is 'The id of its provider.';

comment on table lastgood_store.object is 'Objects by key, and those that are still being written.';
comment on column lastgood_store.object.object_id is
  'Of one object, or of one attempt to write it.';
comment on column lastgood_store.object.key is 'Its name; of whole objects each has its own.';
comment on column lastgood_store.object.chunk_size is 'Bytes of each of its chunks but the last.';
comment on column lastgood_store.object.size is 'Its bytes; null while they are being written.';
comment on column lastgood_store.object.begun_at is 'When writing it began.';
comment on column lastgood_store.object.whole_at is 'When it was whole, and could be seen.';

comment on table lastgood_store.chunk is 'The bytes of objects, in parts.';
comment on column lastgood_store.chunk.object_id is 'The object that it is a part of.';
comment on column lastgood_store.chunk.number is
  'Its place among the chunks of the object, from 0.';
comment on column lastgood_store.chunk.sha256 is
  'Of its bytes, taken before they were sent: sha256(bytes) is to be the same.';
comment on column lastgood_store.chunk.bytes is 'Stored as they are, without compression.';
