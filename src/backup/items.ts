import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { readIdentities } from "../encryption/keys.ts";
import { NotFoundError } from "../errors.ts";
import type { Entry, Item } from "../manifest/entry.ts";
import type { RunEnvironment } from "./environment.ts";
import { knowItems } from "./known-items.ts";
import { openPlace, openSealed } from "./place.ts";

/** What can be picked, as it is listed. */
export interface PickableItem {
  /** Undefined for entries of a manifest, which have none. */
  readonly id?: number;
  readonly kind: string;
  /** As `--item` takes it; bytes that are no UTF-8 are shown as `?`. */
  readonly name: string;
  readonly size_bytes: number | null;
  /** Of the content, in hex. */
  readonly sha256?: string;
  readonly mtime?: string;
  /** Of virtual machines and templates. */
  readonly machine?: MachineFacts;
}

interface MachineFacts {
  readonly id: string;
  readonly group: string;
  /** Undefined where the document has none. */
  readonly generation: number | undefined;
}

/**
 * What can be picked of a backup: its rows in the catalogue or, where it has none, the entries of its
 * manifest, below a path where one is given.
 */
export async function* listItems(
  db: Queryable,
  backupId: number,
  path: string | undefined,
  environment: RunEnvironment,
): AsyncIterable<PickableItem> {
  await knowItems(db, backupId, environment);
  const dao = new BackupDao(db);
  const items = await dao.getItems(backupId);
  if (items.length > 0 && path === undefined) {
    for (const { id, kind, name, sizeBytes, details } of items) {
      const machine = machineIn(details);
      yield { id, kind, name, size_bytes: sizeBytes ?? null, ...(machine ? { machine } : {}) };
    }
    return;
  }
  yield* listEntries(dao, backupId, path, environment);
}

function machineIn({ id, group, generation }: NonNullable<Item["details"]> = {}):
  | MachineFacts
  | undefined {
  if (typeof id !== "string") return undefined;
  return {
    id,
    group: typeof group === "string" ? group : "",
    generation: typeof generation === "number" ? generation : undefined,
  };
}

async function* listEntries(
  dao: BackupDao,
  backupId: number,
  path: string | undefined,
  environment: RunEnvironment,
): AsyncIterable<PickableItem> {
  const copies = await dao.getCopies(backupId);
  const [copy] = copies
    .filter(({ state }) => state === "COMPLETE")
    .toSorted((a, b) => b.proof_level - a.proof_level);
  if (copy === undefined) {
    throw new NotFoundError(`backup ${backupId} has no good copy to look into`, {
      hint: "lastgood backup show tells the state of its copies.",
    });
  }
  const provider = await openPlace(copy, copy.installation, environment);
  try {
    const reader = await openSealed(provider, copy, await readIdentities(environment.env));
    let isEmpty = true;
    for await (const entry of reader.entries(path)) {
      isEmpty = false;
      yield itemOf(entry);
    }
    if (path !== undefined && isEmpty) {
      throw new NotFoundError(`backup ${backupId} has no path "${path}"`, {
        hint: `lastgood backup items ${backupId} lists what it has.`,
      });
    }
  } finally {
    await provider.close();
  }
}

function itemOf({ path, type, content, mtime }: Entry): PickableItem {
  return {
    kind: type,
    name: Buffer.from(path, "latin1").toString(),
    size_bytes: content?.size ?? null,
    ...(content ? { sha256: content.sha256 } : {}),
    mtime: new Date(Number(mtime / 1_000_000n)).toISOString(),
  };
}
