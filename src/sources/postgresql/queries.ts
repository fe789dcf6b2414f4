/** What our own session needs to hold a snapshot for as long as a dump takes. */
export const openSnapshot: string = `
  begin isolation level repeatable read read only`;

export const settleSession: string = `
  select set_config('search_path', 'pg_catalog', false),
         set_config('statement_timeout', '0', false),
         set_config('idle_in_transaction_session_timeout', '0', false)`;

export const exportSnapshot: string = `select pg_export_snapshot() as snapshot`;

/** What a server and its login are; any login may ask. */
export const serverFacts: string = `
  select current_setting('server_version') as version,
         current_setting('server_version_num')::integer as "versionNum",
         pg_is_in_recovery() as "isStandby",
         (select rolsuper from pg_roles where rolname = current_user) as "isSuperuser",
         (select rolcreaterole from pg_roles where rolname = current_user) as "mayCreateRoles",
         (select rolcreatedb from pg_roles where rolname = current_user) as "mayCreateDatabases",
         has_function_privilege('pg_control_system()', 'execute')
           and has_function_privilege('pg_control_checkpoint()', 'execute') as "mayReadControl"`;

export const controlFacts: string = `
  select (select system_identifier::text from pg_control_system()) as "systemIdentifier",
         (select timeline_id from pg_control_checkpoint()) as timeline`;

export const walPosition: string = `
  select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end::text
         as lsn`;

export const listDatabases: string = `
  select datname as name from pg_database
  where datallowconn and not datistemplate
  order by datname`;

/** The row as JSON: which columns tell the locale differs between versions. */
export const databaseFacts: string = `
  select d.datname as name, pg_encoding_to_char(d.encoding) as encoding,
         pg_get_userbyid(d.datdba) as owner,
         shobj_description(d.oid, 'pg_database') as comment,
         to_jsonb(d) - 'datacl' as row,
         (select jsonb_agg(jsonb_build_object(
                   'role', case s.setrole when 0 then null else pg_get_userbyid(s.setrole) end,
                   'settings', s.setconfig))
            from pg_db_role_setting s where s.setdatabase = d.oid) as settings,
         (select jsonb_agg(jsonb_build_object(
                   'grantee', case a.grantee when 0 then null else pg_get_userbyid(a.grantee) end,
                   'privilege', a.privilege_type, 'isGrantable', a.is_grantable))
            from aclexplode(d.datacl) a) as grants
    from pg_database d
   where d.datname = current_database()`;

/** Whether a provider keeps its objects in this database: sql/object-store.sql made it. */
export const hasStore: string = `
  select exists (
    select from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where n.nspname = 'lastgood_store' and c.relname = 'chunk') as "hasStore"`;

/** For our own questions; pg_dump waits as long as the settings say. */
export const waitShortly: string = `set lock_timeout = '1s'`;

export const databaseSize: string = `select pg_database_size(current_database()) as bytes`;

/** Bytes that a dump may have, at a guess: tables and large objects without indexes, but not what a provider keeps. */
export const dataSize: string = `
  select coalesce(sum(pg_table_size(c.oid)), 0)::bigint as bytes
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where (c.relkind = 'r' and n.nspname !~ '^pg_'
            and n.nspname not in ('information_schema', 'lastgood_store')
          or c.oid = 'pg_largeobject'::regclass)
     and not exists (
       select from unnest($1::text[], $2::text[]) as excluded(schema, name)
        where c.relname operator(pg_catalog.~) excluded.name
          and (excluded.schema is null or n.nspname operator(pg_catalog.~) excluded.schema))`;

/** What a table of contents names by catalog and oid, as people and as the catalog name it. */
export const identifyObjects: string = `
  select e.class, e.oid, o.type, o.schema, o.name, o.identity
    from unnest($1::oid[], $2::oid[]) as e(class, oid),
         pg_identify_object(e.class, e.oid, 0) as o`;

export const relations: string = `
  select c.oid, c.relkind as kind, n.nspname as schema, c.relname as name,
         c.relispartition as "isPartition",
         array(select i.inhparent from pg_inherits i where i.inhrelid = c.oid order by i.inhseqno)
           as parents
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'p', 'f', 'v', 'm', 'S')
     and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
     and not exists (
       select from pg_depend d
        where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

/** What pg_dump names in COPY: all columns that are there and not generated. */
export const columnsOfTables: string = `
  select c.oid, n.nspname as schema, c.relname as name,
         array(select a.attname::text from pg_attribute a
                where a.attrelid = c.oid and a.attnum > 0
                  and not a.attisdropped and a.attgenerated = ''
                order by a.attnum) as columns
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where c.oid = any ($1::oid[])`;

/** Which relation an object is a part of, and which other one it refers to. */
export const partsOfRelations: string = `
  select 'pg_constraint'::regclass::oid as class, oid, conrelid as relation,
         nullif(confrelid, 0) as "refersTo"
    from pg_constraint where conrelid <> 0
  union all select 'pg_class'::regclass, indexrelid, indrelid, null from pg_index
  union all select 'pg_trigger'::regclass, oid, tgrelid, null from pg_trigger
  union all select 'pg_rewrite'::regclass, oid, ev_class, null from pg_rewrite
  union all select 'pg_policy'::regclass, oid, polrelid, null from pg_policy
  union all select 'pg_attrdef'::regclass, oid, adrelid, null from pg_attrdef
  union all select 'pg_statistic_ext'::regclass, oid, stxrelid, null from pg_statistic_ext`;

/** Which sequence belongs to which column: a for serial, i for identity. */
export const ownedSequences: string = `
  select d.objid as sequence, d.refobjid as relation, d.deptype = 'i' as "isIdentity"
    from pg_depend d join pg_class c on c.oid = d.objid
   where d.classid = 'pg_class'::regclass and d.refclassid = 'pg_class'::regclass
     and d.refobjsubid > 0 and d.deptype in ('a', 'i') and c.relkind = 'S'`;

/** Schemas of what names none itself: default privileges, and extensions. */
export const furtherSchemas: string = `
  select 'pg_default_acl'::regclass::oid as class, a.oid, n.nspname as schema
    from pg_default_acl a join pg_namespace n on n.oid = a.defaclnamespace
  union all
  select 'pg_extension'::regclass, e.oid, n.nspname
    from pg_extension e join pg_namespace n on n.oid = e.extnamespace`;

/** Roles that objects of this database need; the bootstrap superuser is never listed. */
export const neededRoles: string = `
  select d.classid as class, d.objid as oid, d.deptype as kind, r.rolname as role
    from pg_shdepend d join pg_roles r on r.oid = d.refobjid
   where d.refclassid = 'pg_authid'::regclass
     and d.dbid = (select oid from pg_database where datname = current_database())`;

export const bootstrapRole: string = `select rolname as role from pg_roles where oid = 10`;

export const usedTablespaces: string = `
  select distinct t.spcname as name
    from pg_class c join pg_tablespace t on t.oid = c.reltablespace
   where t.spcname not in ('pg_default', 'pg_global')
   order by 1`;

/**
 * What cannot be restored when these relations were left out of a dump: all that depends on them,
 * through views and rules. Sequences that belong to them, and partitions, stand on their own feet.
 */
export const dependents: string = `
  with recursive broken(class, oid) as (
    select 'pg_class'::regclass::oid, unnest($1::oid[])
    union
    select found.class, found.oid
      from broken b
      cross join lateral (
        select d.classid as class, d.objid as oid
          from pg_depend d
         where d.refclassid = b.class and d.refobjid = b.oid and d.deptype in ('n', 'a', 'i')
           and not (d.classid = 'pg_class'::regclass and d.deptype = 'a' and exists (
                 select from pg_class c
                  where c.oid = d.objid and (c.relkind = 'S' or c.relispartition)))
        union all
        select 'pg_class'::regclass, r.ev_class
          from pg_rewrite r
         where b.class = 'pg_rewrite'::regclass and r.oid = b.oid and r.rulename = '_RETURN'
      ) as found
  )
  select class, oid from broken`;

/** Ends what is left of a run: its connections, apart from those of the session that asks. */
export const endRun: string = `
  select count(*) filter (where pg_terminate_backend(pid))::integer as ended
    from pg_stat_activity
   where application_name = $1 and pid <> pg_backend_pid()
     and (usename = current_user or pg_has_role(usename, 'member'))`;

export const mayReadAll: string = `
  select pg_has_role('pg_read_all_data', 'usage') as "mayReadAll"`;
