/** A line of a table of contents, as `pg_restore -l -v` prints it. */
export interface TocEntry {
  readonly dumpId: number;
  /** Oid of the catalog that the object stands in, and its own there; 0 where it has none. */
  readonly class: number;
  readonly oid: number;
  /** What it is, such as `TABLE DATA`. */
  readonly kind: string;
  /** Schema, name and owner, as printed: no names to rely on, for spaces in them are not marked. */
  readonly label: string;
  /** The dump ids that it depends on. */
  readonly needs: readonly number[];
}

/** Kinds of several words, and whether their entries name an object of a catalog. */
const longKinds: Readonly<Record<string, boolean>> = {
  "ACCESS METHOD": true,
  "BLOB COMMENTS": false,
  "BLOB METADATA": true,
  "CHECK CONSTRAINT": true,
  "DATABASE PROPERTIES": false,
  "DEFAULT ACL": true,
  "EVENT TRIGGER": true,
  "FK CONSTRAINT": true,
  "FOREIGN DATA WRAPPER": true,
  "FOREIGN SERVER": true,
  "FOREIGN TABLE": true,
  "INDEX ATTACH": false,
  "MATERIALIZED VIEW": true,
  "MATERIALIZED VIEW DATA": false,
  "OPERATOR CLASS": true,
  "OPERATOR FAMILY": true,
  "PROCEDURAL LANGUAGE": true,
  "PUBLICATION TABLE": true,
  "PUBLICATION TABLES IN SCHEMA": true,
  "ROW SECURITY": false,
  "SECURITY LABEL": false,
  "SEQUENCE OWNED BY": false,
  "SEQUENCE SET": false,
  "SHELL TYPE": true,
  "STATISTICS DATA": false,
  "SUBSCRIPTION TABLE": true,
  "TABLE ATTACH": false,
  "TABLE DATA": false,
  "TEXT SEARCH CONFIGURATION": true,
  "TEXT SEARCH DICTIONARY": true,
  "TEXT SEARCH PARSER": true,
  "TEXT SEARCH TEMPLATE": true,
  "USER MAPPING": true,
};

/** Reads what `pg_restore -l -v` prints. Names cannot forge a line: it prints them without breaks. */
export function parseToc(text: string): readonly TocEntry[] {
  const entries: (TocEntry & { needs: readonly number[] })[] = [];
  for (const line of text.split("\n")) {
    const last = entries.at(-1);
    if (line.startsWith(";\tdepends on:")) {
      if (last !== undefined) last.needs = [...new Set(numbersIn(line))];
      continue;
    }
    const entry = /^(?<id>\d+); (?<class>\d+) (?<oid>\d+) (?<rest>.*)$/.exec(line)?.groups;
    if (entry === undefined) continue;
    const [id, classId, oid] = [entry["id"], entry["class"], entry["oid"]].map(Number);
    const kind = kindOf(String(entry["rest"]), classId !== 0);
    const label = String(entry["rest"]).slice(kind.length).trim();
    entries.push({ dumpId: id ?? 0, class: classId ?? 0, oid: oid ?? 0, kind, label, needs: [] });
  }
  return entries;
}

function numbersIn(line: string): readonly number[] {
  return [...line.matchAll(/\d+/g)].map(([digits]) => Number(digits));
}

/** The longest kind that the text starts with; a schema may be called DATA. */
function kindOf(text: string, isInCatalog: boolean): string {
  const fits = Object.keys(longKinds).filter(
    (kind) => text.startsWith(`${kind} `) && longKinds[kind] === isInCatalog,
  );
  const [first = ""] = text.split(" ");
  return fits.reduce((best, kind) => (kind.length > best.length ? kind : best), first);
}
