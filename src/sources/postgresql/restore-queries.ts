/** What stands in a database that is no part of PostgreSQL, of an extension or of an empty one. */
export const userObjects: string = `
  with user_schema as (
    select n.oid, n.nspname from pg_namespace n
     where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and not exists (select from pg_depend d where d.classid = 'pg_namespace'::regclass
                          and d.objid = n.oid and d.deptype = 'e')
  ), object(class, oid, name) as (
    select 'pg_class'::regclass, c.oid, format('%I.%I', s.nspname, c.relname)
      from pg_class c join user_schema s on s.oid = c.relnamespace
    union all
    select 'pg_proc'::regclass, p.oid, format('%I.%I', s.nspname, p.proname)
      from pg_proc p join user_schema s on s.oid = p.pronamespace
    union all
    select 'pg_type'::regclass, t.oid, format('%I.%I', s.nspname, t.typname)
      from pg_type t join user_schema s on s.oid = t.typnamespace
     where t.typrelid = 0 and t.typelem = 0
    union all
    select 'pg_operator'::regclass, o.oid, format('%I.%s', s.nspname, o.oprname)
      from pg_operator o join user_schema s on s.oid = o.oprnamespace
    union all
    select 'pg_namespace'::regclass, s.oid, format('schema %I', s.nspname)
      from user_schema s where s.nspname <> 'public'
    union all
    select 'pg_largeobject'::regclass, l.oid, format('large object %s', l.oid)
      from pg_largeobject_metadata l
    union all
    select 'pg_publication'::regclass, p.oid, format('publication %I', p.pubname)
      from pg_publication p
    union all
    select 'pg_event_trigger'::regclass, e.oid, format('event trigger %I', e.evtname)
      from pg_event_trigger e
  )
  select o.name from object o
   where not exists (select from pg_depend d
                      where d.classid = o.class and d.objid = o.oid and d.deptype = 'e')
   order by o.name
   limit 5`;

/** What of an unfinished restore is taken back where the database itself has to stay. */
export const leftovers: string = `
  select format('drop publication %I', pubname) as statement, 1 as step from pg_publication
  union all select format('drop event trigger %I cascade', evtname), 1 from pg_event_trigger
  union all
  select format('drop extension if exists %I cascade', extname), 2 from pg_extension
   where oid > 16383 and extname <> all ($2::text[])
  union all
  select format('drop schema if exists %I cascade', nspname), 3 from pg_namespace
   where nspname !~ '^pg_' and nspname <> 'information_schema' and nspname <> all ($1::text[])
  union all
  select format('drop table if exists %I.%I cascade', n.nspname, c.relname), 4
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p') and n.nspname = any ($1::text[]) and not exists (
     select from pg_depend d where d.objid = c.oid and d.deptype = 'e')
  union all
  select format('drop %s if exists %I.%I cascade',
                case c.relkind when 'v' then 'view' when 'm' then 'materialized view'
                               when 'S' then 'sequence' else 'foreign table' end,
                n.nspname, c.relname), 5
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('v', 'm', 'S', 'f') and n.nspname = any ($1::text[]) and not exists (
     select from pg_depend d where d.objid = c.oid and d.deptype in ('e', 'i'))
  union all
  select format('drop routine if exists %s cascade', p.oid::regprocedure), 6
    from pg_proc p join pg_namespace n on n.oid = p.pronamespace
   where n.nspname = any ($1::text[]) and not exists (
     select from pg_depend d where d.objid = p.oid and d.deptype = 'e')
  union all
  select format('drop type if exists %I.%I cascade', n.nspname, t.typname), 7
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
   where n.nspname = any ($1::text[]) and t.typtype in ('b', 'c', 'd', 'e', 'r', 'm')
     and t.typelem = 0 and not exists (
       select from pg_depend d where d.objid = t.oid and d.deptype in ('e', 'i'))
  union all
  select format('select lo_unlink(%s)', oid), 8 from pg_largeobject_metadata
  order by 2`;

export const presentSchemas: string = `
  select array(select nspname::text from pg_namespace
                where nspname !~ '^pg_' and nspname <> 'information_schema') as schemas,
         array(select extname::text from pg_extension) as extensions`;

export const serverMajor: string = `
  select current_setting('server_version_num')::integer / 10000 as major`;

export const findDatabase: string = `
  select d.datallowconn as "takesConnections",
         (select count(*) from pg_stat_activity a where a.datname = d.datname)::integer as connections
    from pg_database d where d.datname = $1`;

/** Databases that a restore made aside and did not finish; the comment tells them from others. */
export const unfinishedDatabases: string = `
  select datname as name from pg_database
   where datname ~ '_lastgood_[0-9a-f]{8}$'
     and shobj_description(oid, 'pg_database') like 'lastgood: an unfinished restore%'`;

/** Held for as long as a restore into that database runs. */
export const lockDatabase: string = `
  select pg_try_advisory_lock(hashtextextended('lastgood restore ' || $1, 0)) as "isLocked"`;

export const unlockDatabase: string = `
  select pg_advisory_unlock(hashtextextended('lastgood restore ' || $1, 0))`;

export const terminateConnections: string = `
  select pg_terminate_backend(pid) from pg_stat_activity
   where datname = $1 and pid <> pg_backend_pid()`;

export const presentRoles: string = `
  select rolname as name, pg_has_role(rolname, 'member') as "isMember" from pg_roles`;

export const availableExtensions: string = `select name from pg_available_extensions`;

export const presentTablespaces: string = `select spcname as name from pg_tablespace`;

/** Those of the wanted relations that are not there. */
export const absentRelations: string = `
  select w.schema, w.name
    from unnest($1::text[], $2::text[]) as w(schema, name)
   where not exists (
     select from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = w.schema and c.relname = w.name)`;

/** A session as pg_restore has it, to take the data of a dump. */
export const prepareCopy: string = `
  select set_config('client_encoding', $1, false),
         set_config('search_path', '', false),
         set_config('statement_timeout', '0', false),
         set_config('lock_timeout', '0', false),
         set_config('idle_in_transaction_session_timeout', '0', false),
         set_config('row_security', 'off', false),
         set_config('xmloption', 'content', false),
         set_config('standard_conforming_strings', 'on', false)`;
