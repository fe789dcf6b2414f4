import type { Client } from "pg";

const ours = "('lastgood', 'lastgood_report')";

/** Everything that the schemas of ours are made of, a line each; equal schemas give equal lines. */
const definitions = `
with relation as (
  select c.oid, c.relkind, c.relname, c.relacl, c.relowner, c.reloptions
  from pg_class as c
  join pg_namespace as n on n.oid = c.relnamespace and n.nspname in ${ours}
), routine as (
  select p.oid, p.proacl, p.proowner
  from pg_proc as p
  join pg_namespace as n on n.oid = p.pronamespace and n.nspname in ${ours}
), granted(object, owner, acl) as (
  select r.oid::regclass::text, r.relowner,
    coalesce(r.relacl, acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner))
  from relation as r
  where r.relkind in ('r', 'v', 'S')
  union all
  select r.oid::regprocedure::text, r.proowner, coalesce(r.proacl, acldefault('f', r.proowner))
  from routine as r
  union all
  select 'schema ' || n.nspname, n.nspowner, coalesce(n.nspacl, acldefault('n', n.nspowner))
  from pg_namespace as n
  where n.nspname in ${ours}
)
select format('relation %s %s %s', r.relkind, r.oid::regclass, r.reloptions) as line
from relation as r
union all
select format('column %s.%s %s %s %s %s %s %s', r.oid::regclass, a.attname,
  format_type(a.atttypid, a.atttypmod), l.collname, a.attnotnull, a.attidentity, a.attgenerated,
  pg_get_expr(d.adbin, d.adrelid))
from relation as r
join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
left join pg_attrdef as d on d.adrelid = r.oid and d.adnum = a.attnum
left join pg_collation as l on l.oid = a.attcollation
union all
select format('columns of %s: %s', r.oid::regclass, string_agg(a.attname, ', ' order by a.attnum))
from relation as r
join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
group by r.oid
union all
select format('constraint %s %s %s', r.oid::regclass, c.conname, pg_get_constraintdef(c.oid))
from relation as r
join pg_constraint as c on c.conrelid = r.oid
union all
select format('index %s', pg_get_indexdef(r.oid))
from relation as r
where r.relkind = 'i'
union all
select format('sequence %s %s %s %s %s %s', r.oid::regclass, s.seqstart, s.seqincrement, s.seqmin,
  s.seqmax, s.seqcycle)
from relation as r
join pg_sequence as s on s.seqrelid = r.oid
union all
select format('view %s %s', r.oid::regclass, pg_get_viewdef(r.oid))
from relation as r
where r.relkind = 'v'
union all
select format('trigger %s', pg_get_triggerdef(t.oid))
from relation as r
join pg_trigger as t on t.tgrelid = r.oid and not t.tgisinternal
union all
select format('function %s', pg_get_functiondef(r.oid))
from routine as r
union all
select format('comment on %s: %s', pg_describe_object(d.classoid, d.objoid, d.objsubid),
  d.description)
from pg_description as d
where d.objoid in (select r.oid from relation as r union all select r.oid from routine as r)
  or d.classoid = 'pg_namespace'::regclass
    and d.objoid in (select n.oid from pg_namespace as n where n.nspname in ${ours})
union all
select format('%s may %s on %s', case a.grantee when 0 then 'public' when g.owner then 'the owner'
  else a.grantee::regrole::text end, a.privilege_type, g.object)
from granted as g
cross join lateral aclexplode(g.acl) as a
union all
select format('migration %s %s %s', m.id, m.name, m.hash)
from lastgood.migrations as m
union all
select format('code layer %s %s', c.version, c.functions_hash)
from lastgood.code_layer as c
union all
select format('config key %s', k)
from lastgood.config_key as k
union all
select format('event type %s', t)
from lastgood.event_type as t`;

/** The schemas as definitions, sorted; says nothing about when or by which statements they were made. */
export async function fingerprint(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(definitions);
  return rows.map(({ line }) => line).toSorted();
}

/** Which version of each of our objects and of its rows is in place: any write changes a line. */
export async function versions(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ line: string }>(`
    with relation as (
      select c.oid, c.xmin, c.relfilenode from pg_class as c
      join pg_namespace as n on n.oid = c.relnamespace and n.nspname in ${ours}
    ), routine as (
      select p.oid, p.xmin from pg_proc as p
      join pg_namespace as n on n.oid = p.pronamespace and n.nspname in ${ours}
    ), known as (
      select oid from relation
      union all select oid from routine
      union all select n.oid from pg_namespace as n where n.nspname in ${ours}
    )
    select format('relation %s %s %s', oid::regclass, xmin, relfilenode) as line from relation
    union all select format('function %s %s', oid::regprocedure, xmin) from routine
    union all select format('schema %s %s', nspname, xmin) from pg_namespace where nspname in ${ours}
    union all
    select format('column %s %s %s', a.attrelid, a.attname, a.xmin)
    from pg_attribute as a where a.attrelid in (select oid from known)
    union all
    select format('constraint %s %s', c.oid, c.xmin)
    from pg_constraint as c where c.conrelid in (select oid from known)
    union all
    select format('rule %s %s', r.oid, r.xmin)
    from pg_rewrite as r where r.ev_class in (select oid from known)
    union all
    select format('description %s %s %s', d.objoid, d.objsubid, d.xmin)
    from pg_description as d where d.objoid in (select oid from known)
    union all select format('migration %s %s', id, xmin) from lastgood.migrations
    union all select format('code layer %s %s', version, xmin) from lastgood.code_layer
    union all select format('config key %s %s', name, xmin) from lastgood.config_key
    union all select format('config value %s %s', name, xmin) from lastgood.config_value
    union all select format('event type %s %s', log_type, xmin) from lastgood.event_type
    union all select format('granted role %s %s', role_name, xmin) from lastgood.granted_role
    union all select format('system %s %s', system_id, xmin) from lastgood.system
    union all select format('event %s %s', audit_log_id, xmin) from lastgood.audit_log
    union all select format('attempt %s %s', audit_log_id, xmin) from lastgood.engine_backup_log`);
  return rows.map(({ line }) => line).toSorted();
}
