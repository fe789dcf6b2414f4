import type { Entry } from "../../manifest/entry.ts";

/** What whoever runs us may restore: root everything, others what is theirs. */
export class Rights {
  readonly setsOwners: boolean;
  readonly #uid: number;
  readonly #gid: number;
  #owners = 0;
  #devices = 0;
  #attributes = 0;
  #setIds = 0;

  constructor(ids: { readonly uid: number; readonly gid: number }) {
    this.#uid = ids.uid;
    this.#gid = ids.gid;
    this.setsOwners = ids.uid === 0;
  }

  static ofThisProcess(): Rights {
    return new Rights({ uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 });
  }

  /** An entry as it can be made; undefined where it cannot at all. */
  adapt(entry: Entry): Entry | undefined {
    if (entry.type === "socket") return undefined;
    if (this.setsOwners) return entry;
    if (entry.device !== undefined) {
      this.#devices += 1;
      return undefined;
    }
    return this.#withOwnRights(this.#withOwnAttributes(entry));
  }

  /** What was left out, for people. */
  warnings(): readonly string[] {
    const counts: readonly (readonly [number, string])[] = [
      [this.#owners, "entries belong to you now: only root can give them to others"],
      [this.#setIds, "entries lost setuid or setgid, since they belong to you now"],
      [this.#devices, "devices were left out: only root can make them"],
      [this.#attributes, "entries lost extended attributes that only root can set"],
    ];
    return counts.filter(([count]) => count > 0).map(([count, text]) => `${count} ${text}`);
  }

  /** A program that ran as its owner must not run as us. */
  #withOwnRights(entry: Entry): Entry {
    if (entry.uid === this.#uid && entry.gid === this.#gid) return entry;
    this.#owners += 1;
    if (entry.type !== "file" || (entry.mode & 0o6000) === 0) return entry;
    this.#setIds += 1;
    return { ...entry, mode: entry.mode & 0o1777 };
  }

  #withOwnAttributes(entry: Entry): Entry {
    const { xattrs, ...rest } = entry;
    if (xattrs === undefined) return entry;
    const own = Object.entries(xattrs).filter(([name]) => name.startsWith("user."));
    if (own.length === Object.keys(xattrs).length) return entry;
    this.#attributes += 1;
    return own.length === 0 ? rest : { ...rest, xattrs: Object.fromEntries(own) };
  }
}
