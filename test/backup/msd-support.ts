import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { addOvf } from "../sources/ovf/support.ts";
import { commonMachine, makeOvf, ovfId } from "../support/ovf.ts";
import { filesBelow } from "./crash.ts";
import type { Place } from "./support.ts";

const run = promisify(execFile);

/** A new provider of type msd under this name, in the test's folder; returns that folder. */
export async function addDomain(place: Place, name: string, ...options: string[]): Promise<string> {
  const path = join(place.folder, name);
  await place.ok(["provider", "add", name, "--type", "msd", "--set", `path=${path}`], options);
  return path;
}

/** Writes machines of this round, a generation each, into the folder of the source. */
export async function writeRound(place: Place, round: number, count = 3): Promise<void> {
  const folder = join(place.folder, "ovf");
  await mkdir(folder, { recursive: true });
  for (let number = 1; number <= count; number += 1) {
    const options = { generation: round, description: `round ${round}` };
    await writeFile(join(folder, `${ovfId(number)}.ovf`), documentOf(number, options));
  }
}

function documentOf(number: number, options: Parameters<typeof commonMachine>[1]): string | Buffer {
  return makeOvf(commonMachine(number, options));
}

/** A source of the folder that {@link writeRound} fills. */
export async function addMachines(place: Place, name: string): Promise<void> {
  await writeRound(place, 0);
  await addOvf(place, name, `path=${join(place.folder, "ovf")}`);
}

/** The documents of the source as they are now, by the name of their file. */
export async function currentDocuments(place: Place): Promise<Map<string, string>> {
  const folder = join(place.folder, "ovf");
  const names = (await readdir(folder)).toSorted();
  return new Map(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(folder, name), "utf8")] as const),
    ),
  );
}

/** A store as anybody finds it who knows oVirt's rules, and nothing of lastgood. */
export interface FoundStore {
  readonly tar: string;
  readonly updatedAt: number;
  readonly documents: ReadonlyMap<string, string>;
}

interface Description {
  readonly Updated: boolean;
  readonly Size: number;
  readonly sha256: string;
  readonly "Disk Description": string;
  readonly "Last Updated": string;
}

/**
 * The good stores of a source, newest first: marked as updated, with a tar of that size and hash that
 * can be unpacked. Other files of the tar are ignored, and the name of a file is the id.
 */
export async function goodStores(domain: string, source: string): Promise<FoundStore[]> {
  const stores: FoundStore[] = [];
  for (const slot of [0, 1]) {
    const tar = join(domain, source, `ovf_store_${slot}.tar`);
    const text = await readFile(tar.replace(/tar$/, "json"), "utf8").catch(() => "{}");
    const side = JSON.parse(text) as Partial<Description>;
    if (side.Updated !== true || side["Disk Description"] !== "OVF_STORE") continue;
    const bytes = await readFile(tar).catch(() => Buffer.alloc(0));
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    if (bytes.length !== side.Size || sha256 !== side.sha256) continue;
    const updatedAt = Date.parse(side["Last Updated"]?.replace("UTC ", "") ?? "");
    stores.push({ tar, updatedAt, documents: await unpack(tar) });
  }
  return stores.toSorted((a, b) => b.updatedAt - a.updatedAt);
}

async function unpack(tar: string): Promise<Map<string, string>> {
  const { stdout } = await run("tar", ["tf", tar]);
  const names = stdout.trimEnd().split("\n");
  expect(names[0]).toBe("info.json");
  expect(names.at(-1)).toBe("metadata.json");
  const documents = names.filter((name) => name.endsWith(".ovf"));
  return new Map(
    await Promise.all(
      documents.map(async (name) => [name, (await run("tar", ["xOf", tar, name])).stdout] as const),
    ),
  );
}

/** The rounds whose machines are in good stores; each store is of one round. */
export async function goodRounds(domain: string, source: string): Promise<number[]> {
  const stores = await goodStores(domain, source);
  return stores
    .map(({ documents }) => {
      const rounds = new Set([...documents.values()].map(roundOf));
      expect(rounds.size).toBe(1);
      return [...rounds][0] ?? -1;
    })
    .toSorted((a, b) => a - b);
}

function roundOf(document: string): number {
  return Number(/round (\d+)/.exec(document)?.[1]);
}

/** What lies in a domain, but for its marker. */
export async function objectsOf(domain: string): Promise<string[]> {
  return (await filesBelow(domain)).filter((file) => file !== "lastgood-provider.json");
}
