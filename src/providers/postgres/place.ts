import type { Client } from "pg";
import { readSqlFile } from "../../sql-files.ts";
import { inTransaction } from "../../transaction.ts";
import { isSameOwner, parseMarker, refuseOthers } from "../marker.ts";
import { type Ownership, PlaceError } from "../provider.ts";
import * as queries from "./queries.ts";

/** Of the tables; a later one is refused. */
const version = 1;

const markerTable = "the table lastgood_store.marker";

/** The row of the marker. */
export interface MarkerRow {
  readonly version: number;
  readonly installation: string;
  readonly marker: string;
}

/** @throws PlaceError for a marker that this version does not understand */
export function ownershipOf(row: MarkerRow): Ownership {
  return parseMarker(JSON.stringify({ format: "lastgood-provider", ...row }), markerTable);
}

/** @throws PlaceError where the place is not marked as ours */
export function checkMarkerRow(row: MarkerRow | undefined, ours: Ownership, place: string): void {
  if (row === undefined) throw unmarked(place);
  refuseOthers(ownershipOf(row), ours, place, `the row in ${markerTable}`);
}

/** @throws PlaceError where the database is not marked as ours */
export async function checkMarker(client: Client, ours: Ownership, place: string): Promise<void> {
  const { rows } = await client.query<{ isThere: boolean }>(queries.findMarkerTable);
  if (rows[0]?.isThere !== true) throw unmarked(place);
  checkMarkerRow(await readRow(client), ours, place);
}

function unmarked(place: string): PlaceError {
  return new PlaceError("unreachable", `${place} has no marker of lastgood`, {
    hint: "Is it the right database? One of lastgood has a row in lastgood_store.marker; without it nothing is read or written there.",
  });
}

/**
 * Makes the tables where they are not there, and marks them as ours.
 *
 * @throws PlaceError for a place that is another's, or has other things in it
 */
export async function initialiseStore(
  client: Client,
  ours: Ownership,
  place: string,
): Promise<void> {
  await inTransaction(client, async () => {
    await client.query(queries.waitForDisk);
    await client.query(queries.lockInitialising);
    if (await isOurs(client, ours, place)) return;
    await client.query(queries.insertMarker, [version, ours.installation, ours.marker]);
  });
}

/** Whether the marker is there already; the tables are in any case. */
async function isOurs(client: Client, ours: Ownership, place: string): Promise<boolean> {
  const { rows } = await client.query<{ isReady: boolean; other: string | null }>(
    queries.lookAround,
  );
  const { isReady, other } = rows[0] ?? { isReady: false, other: null };
  const found = isReady ? await readRow(client) : undefined;
  if (found !== undefined) {
    checkMarkerRow(found, ours, place);
    return true;
  }
  if (other !== null) throw occupied(place, `such as the table ${JSON.stringify(other)}`);
  if (!isReady) await client.query(readSqlFile("object-store.sql").text);
  const { rows: objects } = await client.query<{ hasObjects: boolean }>(queries.hasObjects);
  if (objects[0]?.hasObjects === true) throw occupied(place, "objects, and no marker");
  return false;
}

function occupied(place: string, what: string): PlaceError {
  return new PlaceError(
    "foreign",
    `the schema lastgood_store of ${place} has things in it: ${what}`,
    {
      hint: "Name another database: this schema is for backups alone.",
    },
  );
}

/** Whose place it is; undefined where it has no tables, or no marker. */
export async function ownerOfStore(client: Client): Promise<Ownership | undefined> {
  const { rows } = await client.query<{ isThere: boolean }>(queries.findMarkerTable);
  if (rows[0]?.isThere !== true) return undefined;
  const row = await readRow(client);
  return row === undefined ? undefined : ownershipOf(row);
}

/** Makes the place of one owner that of another. @throws PlaceError where it belongs to neither */
export async function takeOverStore(
  client: Client,
  from: Ownership,
  to: Ownership,
  place: string,
): Promise<void> {
  await inTransaction(client, async () => {
    await client.query(queries.waitForDisk);
    const { rows } = await client.query<MarkerRow>(queries.lockMarker);
    const [row] = rows;
    if (row !== undefined && isSameOwner(ownershipOf(row), to)) return;
    checkMarkerRow(row, from, place);
    await client.query(queries.replaceMarker, [to.installation, to.marker]);
  });
}

async function readRow(client: Client): Promise<MarkerRow | undefined> {
  const { rows } = await client.query<MarkerRow>(queries.readMarker);
  return rows[0];
}
