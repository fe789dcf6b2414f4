/** A house rule that the catalog can answer for. */
export interface CatalogRule {
  readonly name: string;
  /** A row for each object that breaks the rule, named in column `offender`. */
  readonly query: string;
  /** Statements that break it, and a part of what the query then names. */
  readonly broken: { readonly by: string; readonly offender: string };
}

/** The only functions with the rights of their owner; each says why in its header. */
export const securityDefiners: readonly string[] = [
  "lastgood.add_items",
  "lastgood.add_provider",
  "lastgood.add_schedule",
  "lastgood.add_source",
  "lastgood.add_system",
  "lastgood.adopt_pack",
  "lastgood.attach_backups",
  "lastgood.attach_provider",
  "lastgood.attach_source",
  "lastgood.begin_copy",
  "lastgood.begin_pack",
  "lastgood.cancel_execution",
  "lastgood.check_backup_freshness",
  "lastgood.claim_execution",
  "lastgood.claim_leftovers",
  "lastgood.claim_sweep",
  "lastgood.complete_adopted_pack",
  "lastgood.complete_attach",
  "lastgood.complete_pack",
  "lastgood.complete_restore",
  "lastgood.delete_execution",
  "lastgood.delete_provider",
  "lastgood.delete_schedule",
  "lastgood.delete_source",
  "lastgood.detach_provider",
  "lastgood.dismiss_alert",
  "lastgood.expire_backups",
  "lastgood.fail_backup",
  "lastgood.fail_copy",
  "lastgood.fail_restore",
  "lastgood.find_backup",
  "lastgood.find_room",
  "lastgood.find_schedule",
  "lastgood.finish_copy_delete",
  "lastgood.finish_execution",
  "lastgood.finish_sweep",
  "lastgood.forget_pack",
  "lastgood.forget_unreadable",
  "lastgood.hand_over_execution",
  "lastgood.hold_backup",
  "lastgood.judge_schedules",
  "lastgood.learn_body",
  "lastgood.list_executions",
  "lastgood.make_room",
  "lastgood.merge_config_value",
  "lastgood.next_restore_copy",
  "lastgood.next_run",
  "lastgood.plan_slots",
  "lastgood.preview_runs",
  "lastgood.prune_events",
  "lastgood.reap_backups",
  "lastgood.reap_executions",
  "lastgood.quota_warnings",
  "lastgood.record_event",
  "lastgood.record_verification",
  "lastgood.reinstate_system",
  "lastgood.release_backup",
  "lastgood.renew_backup_lease",
  "lastgood.renew_execution_lease",
  "lastgood.renew_restore_lease",
  "lastgood.repack_candidates",
  "lastgood.replace_manifest",
  "lastgood.reset_config_value",
  "lastgood.retire_system",
  "lastgood.retention_plan",
  "lastgood.run_schedule",
  "lastgood.schedule_changed",
  "lastgood.schedule_warnings",
  "lastgood.schedules_to_expire",
  "lastgood.seal_backup",
  "lastgood.seal_copy",
  "lastgood.set_alert_after",
  "lastgood.set_config_value",
  "lastgood.set_reporters",
  "lastgood.set_required_scopes",
  "lastgood.set_schedule",
  "lastgood.set_provider_limits",
  "lastgood.set_source_limits",
  "lastgood.set_source_settings",
  "lastgood.stale_manifests",
  "lastgood.stray_backups",
  "lastgood.start_backup",
  "lastgood.start_delete",
  "lastgood.start_execution_backup",
  "lastgood.start_restore",
  "lastgood.use_packs",
  "lastgood_report.log_engine_backup_event",
  "lastgood_report.logenginebackupevent",
];

const ours = "('lastgood', 'lastgood_report')";

const functionsOfOurs = `
  pg_proc as p join pg_namespace as n on n.oid = p.pronamespace and n.nspname in ${ours}`;

const relationsOfOurs = `
  pg_class as c join pg_namespace as n on n.oid = c.relnamespace and n.nspname in ${ours}`;

const badFunction = "create function lastgood.bad() returns integer language sql";

export const catalogRules: readonly CatalogRule[] = [
  {
    name: "every function has a fixed search_path or a bound body",
    query: `
      select p.oid::regprocedure::text as offender
      from ${functionsOfOurs}
      where case
        when p.prosecdef
          then not 'search_path=pg_catalog, lastgood, pg_temp' = any (coalesce(p.proconfig, '{}'))
        else p.prosqlbody is null
          and not 'search_path=pg_catalog, pg_temp' = any (coalesce(p.proconfig, '{}'))
      end`,
    broken: { by: `${badFunction} as 'select 1'`, offender: "lastgood.bad()" },
  },
  {
    // Where a search_path does not name it, pg_temp comes first: a caller's own type "text" would
    // then run the caller's code with the owner's rights.
    name: "every fixed search_path has pg_temp last",
    query: `
      select p.oid::regprocedure::text as offender
      from ${functionsOfOurs}
      cross join unnest(p.proconfig) as s(setting)
      where s.setting like 'search\\_path=%' and s.setting not like '%, pg\\_temp'`,
    broken: {
      by: `${badFunction} set search_path = '' as 'select 1'`,
      offender: "lastgood.bad()",
    },
  },
  {
    name: "only the listed functions have the owner's rights",
    query: `
      select coalesce(listed.name, definer.name) as offender
      from unnest('{${securityDefiners.join(",")}}'::text[]) as listed(name)
      full join (
        select n.nspname || '.' || p.proname as name
        from ${functionsOfOurs}
        where p.prosecdef
      ) as definer on definer.name = listed.name
      where listed.name is null or definer.name is null`,
    broken: {
      by: `${badFunction} security definer return 1`,
      offender: "lastgood.bad",
    },
  },
  {
    name: "the public may do nothing",
    query: `
      select granted.object || ': ' || a.privilege_type as offender
      from (
        select p.oid::regprocedure::text, coalesce(p.proacl, acldefault('f', p.proowner))
        from ${functionsOfOurs}
        union all
        select c.oid::regclass::text, coalesce(c.relacl, acldefault('r', c.relowner))
        from ${relationsOfOurs}
        union all
        select 'column ' || c.oid::regclass::text || '.' || t.attname, t.attacl
        from ${relationsOfOurs}
        join pg_attribute as t on t.attrelid = c.oid
        union all
        select 'schema ' || n.nspname, coalesce(n.nspacl, acldefault('n', n.nspowner))
        from pg_namespace as n
        where n.nspname in ${ours}
      ) as granted(object, acl)
      cross join lateral aclexplode(granted.acl) as a
      where a.grantee = 0`,
    broken: { by: `${badFunction} return 1`, offender: "lastgood.bad(): EXECUTE" },
  },
  {
    name: "every function, table, view and schema has a comment",
    query: `
      select described.object as offender
      from (
        select p.oid::regprocedure::text, obj_description(p.oid, 'pg_proc')
        from ${functionsOfOurs}
        union all
        select c.oid::regclass::text, obj_description(c.oid, 'pg_class')
        from ${relationsOfOurs}
        where c.relkind in ('r', 'p', 'v', 'm', 'f')
        union all
        select n.nspname, obj_description(n.oid, 'pg_namespace')
        from pg_namespace as n
        where n.nspname in ${ours}
      ) as described(object, comment)
      where coalesce(described.comment, '') = ''`,
    broken: { by: "create view lastgood.bad as select 1 as one", offender: "lastgood.bad" },
  },
  {
    name: "every foreign key has an index",
    query: `
      select c.conrelid::regclass || ': ' || c.conname as offender
      from pg_constraint as c
      join pg_namespace as n on n.oid = c.connamespace and n.nspname in ${ours}
      where c.contype = 'f' and not exists (
        select
        from pg_index as i
        where i.indrelid = c.conrelid and i.indpred is null
          and (i.indkey::smallint[])[0:cardinality(c.conkey) - 1] @> c.conkey
      )`,
    broken: {
      by: `create table lastgood.bad (
             type integer constraint bad_has_a_type references lastgood.event_type)`,
      offender: "lastgood.bad: bad_has_a_type",
    },
  },
  {
    name: "no timestamp without time zone and no text with a length",
    // lastgood.migrations is made as its library makes it.
    query: `
      select typed.object || ': ' || typed.type::regtype as offender
      from (
        select c.oid::regclass || '.' || a.attname, a.atttypid
        from ${relationsOfOurs}
        join pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
        where c.oid <> 'lastgood.migrations'::regclass
          and c.oid not in (
            select i.indexrelid from pg_index as i
            where i.indrelid = 'lastgood.migrations'::regclass
          )
        union all
        select p.oid::regprocedure::text, t.type
        from ${functionsOfOurs}
        cross join lateral unnest(
          p.prorettype || coalesce(p.proallargtypes, p.proargtypes::oid[])
        ) as t(type)
        -- What a clock on the wall shows is not yet a moment.
        where p.proname not in ('ahead_of_utc', 'gap_end', 'local_instants')
      ) as typed(object, type)
      where typed.type in (
        'timestamp'::regtype, 'timestamp[]'::regtype, 'varchar'::regtype, 'bpchar'::regtype
      )`,
    broken: { by: "create table lastgood.bad (at timestamp)", offender: "lastgood.bad.at" },
  },
  {
    name: "no overloads",
    query: `
      select n.nspname || '.' || p.proname as offender
      from ${functionsOfOurs}
      group by n.nspname, p.proname
      having count(*) > 1`,
    broken: {
      by: "create function lastgood.clock(p_zone text) returns integer language sql return 1",
      offender: "lastgood.clock",
    },
  },
  {
    name: "no row-level security: a dump of the database would fail",
    query: `
      select c.oid::regclass::text as offender
      from ${relationsOfOurs}
      where c.relrowsecurity or c.relforcerowsecurity
        or exists (select from pg_policy as r where r.polrelid = c.oid)`,
    broken: {
      by: "alter table lastgood.audit_log enable row level security",
      offender: "lastgood.audit_log",
    },
  },
  {
    name: "constraints have names that read as sentences",
    query: `
      select c.conrelid::regclass || ': ' || c.conname as offender
      from pg_constraint as c
      join pg_class as r on r.oid = c.conrelid
      join pg_namespace as n on n.oid = c.connamespace and n.nspname in ${ours}
      cross join lateral (
        select string_agg(a.attname, '|') from pg_attribute as a where a.attrelid = r.oid
      ) as of_table(columns)
      where c.contype not in ('p', 'n', 't') and r.oid <> 'lastgood.migrations'::regclass
        and (
          c.conname !~ '^[a-z]+(_[a-z]+){2,}$'
          or c.conname ~ format(
            '^%s(_(%s))*_(check|key|fkey|excl)[0-9]*$', r.relname, of_table.columns
          )
        )`,
    broken: {
      by: "create table lastgood.bad (n_at integer check (n_at > 0))",
      offender: "lastgood.bad: bad_n_at_check",
    },
  },
  {
    name: "no deferrable constraints: recording must not fail at commit",
    query: `
      select c.conrelid::regclass || ': ' || c.conname as offender
      from pg_constraint as c
      join pg_namespace as n on n.oid = c.connamespace and n.nspname in ${ours}
      where c.condeferrable`,
    broken: {
      by: `create table lastgood.bad (
             n integer constraint bad_is_there_once unique deferrable)`,
      offender: "lastgood.bad: bad_is_there_once",
    },
  },
  {
    name: "numbers come from identities that nobody can overrule",
    query: `
      select c.oid::regclass || '.' || a.attname as offender
      from ${relationsOfOurs}
      join pg_attribute as a on a.attrelid = c.oid and not a.attisdropped
      left join pg_attrdef as d on d.adrelid = c.oid and d.adnum = a.attnum
      where a.attidentity = 'd' or pg_get_expr(d.adbin, d.adrelid) like 'nextval(%'`,
    broken: { by: "create table lastgood.bad (id serial)", offender: "lastgood.bad.id" },
  },
  {
    name: "tables do not depend on functions that can be replaced",
    query: `
      select distinct pg_describe_object(d.classid, d.objid, d.objsubid) as offender
      from ${functionsOfOurs}
      join pg_depend as d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
      -- Triggers are replaced with their functions.
      where d.classid in (
        'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_class'::regclass
      )`,
    broken: {
      by: "create table lastgood.bad (at timestamptz default lastgood.clock())",
      offender: "default value for column at of table lastgood.bad",
    },
  },
  {
    name: "views call no function of ours but the clock and judge_schedules",
    query: `
      select r.ev_class::regclass || ' calls ' || p.oid::regprocedure as offender
      from ${functionsOfOurs}
      join pg_depend as d on d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid
      join pg_rewrite as r on d.classid = 'pg_rewrite'::regclass and r.oid = d.objid
      where p.oid <> all (array[
        'lastgood.clock()'::regprocedure,
        'lastgood.judge_schedules(bigint,text,timestamptz,integer)'::regprocedure
      ])`,
    broken: {
      by: "create view lastgood.bad as select lastgood.get_config_value('BackupRequiredScopes')",
      offender: "lastgood.bad calls lastgood.get_config_value(text)",
    },
  },
  {
    name: "lastgood_report holds the two functions and nothing else",
    query: `
      select pg_describe_object(d.classid, d.objid, d.objsubid) as offender
      from pg_depend as d
      cross join lateral pg_identify_object(d.classid, d.objid, d.objsubid) as object
      where d.refclassid = 'pg_namespace'::regclass
        and d.refobjid = 'lastgood_report'::regnamespace
        and object.schema = 'lastgood_report'
        and (d.classid, d.objid) not in (
          select 'pg_proc'::regclass, p.oid
          from pg_proc as p
          where p.pronamespace = 'lastgood_report'::regnamespace
            and p.proname in ('log_engine_backup_event', 'logenginebackupevent')
        )
      union all
      select wanted.name
      from unnest(array['log_engine_backup_event', 'logenginebackupevent']) as wanted(name)
      where to_regproc('lastgood_report.' || wanted.name) is null`,
    broken: {
      by: "create table lastgood_report.audit_log (id integer)",
      offender: "table lastgood_report.audit_log",
    },
  },
];
