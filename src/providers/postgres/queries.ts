/** Statements on what sql/object-store.sql makes. */

/** Timeouts of the server are for people's queries; the names of all tables are qualified. */
export const settleSession: string = `
  select set_config('search_path', 'pg_catalog', false),
         set_config('statement_timeout', '0', false),
         set_config('idle_in_transaction_session_timeout', '0', false),
         set_config('default_transaction_isolation', 'read committed', false)`;

/** For the transaction alone, and never less than the server was told. */
export const waitForDisk: string = `
  select set_config('synchronous_commit', 'on', true)
   where current_setting('synchronous_commit') = 'off'`;

/** Held while a place is made ready: of two who try only one succeeds. */
export const lockInitialising: string = `select pg_advisory_xact_lock(7306361523719528051)`;

/** What the schema holds: our tables, and names of relations that are none of ours. */
export const lookAround: string = `
  select coalesce(bool_or(c.relname = 'marker'), false) as "isReady",
         min(c.relname) filter (where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
                                  and c.relname not in ('marker', 'object', 'chunk')) as other
    from pg_class c
   where c.relnamespace = to_regnamespace('lastgood_store')`;

export const findMarkerTable: string = `
  select to_regclass('lastgood_store.marker') is not null as "isThere"`;

export const readMarker: string = `
  select version, installation, marker from lastgood_store.marker`;

export const lockMarker: string = `
  select version, installation, marker from lastgood_store.marker for update`;

export const hasObjects: string = `
  select exists (select from lastgood_store.object) as "hasObjects"`;

export const insertMarker: string = `
  insert into lastgood_store.marker (version, installation, marker) values ($1, $2, $3)`;

export const replaceMarker: string = `
  update lastgood_store.marker set installation = $1, marker = $2`;

/** Adds nothing where the marker is not ours. */
export const beginObject: string = `
  insert into lastgood_store.object (object_id, key, chunk_size)
  select $1, $2, $3
    from lastgood_store.marker m
   where m.installation = $4 and m.marker = $5`;

/**
 * Does not wait for the disk: the log of the server is written in order, so what makes the object
 * visible later waits for all of its chunks.
 */
export const insertChunk: string = `
  insert into lastgood_store.chunk (object_id, number, sha256, bytes)
  select $1, $2, $3, $4
    from set_config('synchronous_commit', 'off', true)`;

export const deleteObject: string = `
  delete from lastgood_store.object where key = $1 and size is not null`;

/** Changes nothing where the marker is not ours. */
export const completeObject: string = `
  update lastgood_store.object o
     set size = $2, whole_at = clock_timestamp()
    from lastgood_store.marker m
   where o.object_id = $1 and o.size is null and m.installation = $3 and m.marker = $4`;

export const abandonObject: string = `
  delete from lastgood_store.object where object_id = $1 and size is null`;

/** No row where there is no marker; one with nulls where there is no such object. */
export const findObject: string = `
  select m.version, m.installation, m.marker,
         o.object_id as id, o.size, o.chunk_size as "chunkSize"
    from lastgood_store.marker m
    left join lastgood_store.object o on o.key = $1 and o.size is not null`;

export const openSnapshot: string = `begin isolation level repeatable read read only`;

/** A page, after a key. No key has a byte above those of '~'. */
export const listObjects: string = `
  select key, size from lastgood_store.object
   where size is not null and key >= $1 and key < $1 || '~' and key > $2
   order by key limit $3`;

export const deletePartial: string = `
  delete from lastgood_store.object
   where size is null and key >= $1 and key < $1 || '~'`;
