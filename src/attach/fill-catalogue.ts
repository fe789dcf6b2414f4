import type { Client } from "pg";
import { Attachments, type AttachedSource, type RevivedBackup } from "../admin/attachments.ts";
import { Backups } from "../admin/backups.ts";
import type { NewProvider } from "../backup/add-provider.ts";
import type { Ownership } from "../providers/provider.ts";
import { sourceKey, sourceOf } from "./foreign-source.ts";
import type { PlaceScan } from "./found-copy.ts";
import type { NewestBody } from "./newest.ts";
import { toRow } from "./row.ts";
import { usableSettings } from "./usable-settings.ts";

/** Whether sources go on from their latest backup there, or start anew beside it. */
export type AttachMode = "resume" | "fresh";

/** What was found at a place, and how to go on. */
export interface Findings {
  readonly found: PlaceScan;
  readonly newest: ReadonlyMap<string, NewestBody>;
  readonly mode: AttachMode;
}

/** What the catalogue made of it. */
export interface FilledCatalogue {
  readonly sources: readonly AttachedSource[];
  readonly revived: readonly RevivedBackup[];
}

/** Rows that go to the database at once. */
const batchSize = 200;

/** Makes the catalogue know a place with all that lies there; a part of one transaction. */
export async function fillCatalogue(
  client: Client,
  provider: NewProvider,
  owner: Ownership,
  { found, newest, mode }: Findings,
  warn: (text: string) => void,
): Promise<FilledCatalogue> {
  const attachments = new Attachments(client);
  const isResumed = mode === "resume";
  const id = await attachments.addProvider(provider, owner);
  const ids = new Map<string, number>();
  for (const { head } of found.copies) {
    const key = sourceKey(head);
    if (ids.has(key)) continue;
    const settings = await usableSettings(head.backup, newest.get(key)?.body.settings, warn);
    ids.set(key, await attachments.addSource(sourceOf(head), settings, isResumed));
  }
  const revived: RevivedBackup[] = [];
  for (let at = 0; at < found.copies.length; at += batchSize) {
    const batch = found.copies.slice(at, at + batchSize);
    const rows = batch.map((copy) => toRow(copy, ids.get(sourceKey(copy.head)) ?? 0));
    revived.push(...(await attachments.addBackups(id, rows, isResumed)));
  }
  const sources = await attachments.complete(
    id,
    found.unreadable.map(({ key }) => key),
  );
  await learnNewest(client, sources, newest);
  return { sources, revived };
}

/** What can be picked of older ones is read once somebody asks. */
async function learnNewest(
  client: Client,
  sources: readonly AttachedSource[],
  newest: ReadonlyMap<string, NewestBody>,
): Promise<void> {
  const backups = new Backups(client);
  const bodies = new Map([...newest.values()].map(({ name, body }) => [name, body]));
  for (const { newest_id: id, newest_stored_name: name } of sources) {
    const body = name === null ? undefined : bodies.get(name);
    if (id !== null && body !== undefined) await backups.learnBody(id, body);
  }
}
