/** Oid of pg_class; fixed in every version. */
export const relationClass = 1259;

/** Kinds of entries that are a part of one relation, and come and go with it. */
export const partKinds: ReadonlySet<string> = new Set([
  "CHECK CONSTRAINT",
  "CONSTRAINT",
  "DEFAULT",
  "INDEX",
  "POLICY",
  "ROW SECURITY",
  "RULE",
  "STATISTICS",
  "TRIGGER",
]);

/** Kinds that say something about other entries, and come along when all of those do. */
export const remarkKinds: ReadonlySet<string> = new Set([
  "ACL",
  "COMMENT",
  "INDEX ATTACH",
  "MATERIALIZED VIEW DATA",
  "SECURITY LABEL",
  "SEQUENCE SET",
  "STATISTICS DATA",
  "TABLE ATTACH",
  "TABLE DATA",
]);

/** Settings of the session that restores. */
export const alwaysKinds: ReadonlySet<string> = new Set(["ENCODING", "STDSTRINGS", "SEARCHPATH"]);

/** Kinds of entries whose owner `pg_restore` sets. */
export const ownedKinds: ReadonlySet<string> = new Set([
  "AGGREGATE",
  "BLOB",
  "BLOB METADATA",
  "COLLATION",
  "CONVERSION",
  "DOMAIN",
  "EVENT TRIGGER",
  "FOREIGN DATA WRAPPER",
  "FOREIGN SERVER",
  "FOREIGN TABLE",
  "FUNCTION",
  "MATERIALIZED VIEW",
  "OPERATOR",
  "OPERATOR CLASS",
  "OPERATOR FAMILY",
  "PROCEDURAL LANGUAGE",
  "PROCEDURE",
  "PUBLICATION",
  "SCHEMA",
  "SEQUENCE",
  "STATISTICS",
  "SUBSCRIPTION",
  "TABLE",
  "TEXT SEARCH CONFIGURATION",
  "TEXT SEARCH DICTIONARY",
  "TYPE",
  "VIEW",
]);
