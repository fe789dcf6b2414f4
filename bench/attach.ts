import { randomBytes, randomUUID } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { manifestKey } from "../src/manifest/form.ts";
import type { Entry, Item, ManifestHead } from "../src/manifest/entry.ts";
import { ManifestWriter } from "../src/manifest/writer.ts";
import { packKey, randomPackName } from "../src/layouts/pack/pack-upload.ts";
import { atMost, type Bench, type Benchmark, median, type Measurement } from "./harness.ts";
import { databaseEnv, projectPath, runLoud } from "./processes.ts";
import { makeWorkplace } from "./workplace.ts";

const sources = 10;
const packSize = 1000;
const contestants = ["few", "many", "cat", "bare"] as const;
type Contestant = (typeof contestants)[number];

/** A place with many backups is taken over by an empty installation. */
export const attach: Benchmark = {
  name: "attach",
  async run(bench: Bench): Promise<Measurement[]> {
    await using place = await makeWorkplace(bench);
    const most = Math.max(20, Math.min(1000, Math.round(bench.size.rows / 1000)));
    const [few, many] = [
      { ...(await place.addProvider("pack")), backups: most / 10 },
      { ...(await place.addProvider("pack")), backups: most },
    ];
    for (const { path, backups } of [few, many]) await fill(path, backups, most);
    const times: Record<Contestant, number[]> = { few: [], many: [], cat: [], bare: [] };
    for (let round = 0; round <= Math.min(3, bench.size.rounds); round += 1) {
      const ms = {
        few: await attachTo(bench, few.path),
        many: await attachTo(bench, many.path),
        cat: await timed(async () => readAll(many.path)),
        bare: await timed(async () => readHeads(many.path)),
      };
      // The first round, which fills caches, does not count.
      if (round > 0) for (const key of contestants) times[key].push(ms[key]);
    }
    const [fewMs, manyMs, catMs] = [median(times.few), median(times.many), median(times.cat)];
    bench.log(
      `attach of ${few.backups} backups ${shown(fewMs)}, of ${many.backups} ${shown(manyMs)}, cat ${shown(catMs)}, a bare script that reads the heads ${shown(median(times.bare))}`,
    );
    return [
      atMost(1.1, "attach: per backup", "a tenth of the backups", manyMs / (fewMs * 10)),
      atMost(3, "attach", "cat of all manifests", manyMs / catMs),
    ];
  },
};

async function attachTo(bench: Bench, path: string): Promise<number> {
  const env = databaseEnv(bench, await bench.createDatabase());
  const options = ["--type", "local-fs", "--set", `path=${path}`, "--resume"];
  return await timed(async () =>
    runLoud(
      process.execPath,
      [projectPath("bin/lastgood.js"), "provider", "attach", "old", ...options],
      env,
    ),
  );
}

async function readAll(path: string): Promise<void> {
  await runLoud("sh", ["-c", 'cat "$0"/manifests/*.manifest > /dev/null', path], process.env);
}

async function readHeads(path: string): Promise<void> {
  const script = projectPath("bench/heads.child.ts");
  await runLoud(process.execPath, [script, join(path, "manifests")], process.env);
}

function shown(ms: number): string {
  return `${ms.toFixed(0)} ms`;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Manifests as backups of many machines leave them, each with a pack of its own. */
async function fill(path: string, backups: number, items: number): Promise<void> {
  const installation = randomUUID();
  const machines = Array.from({ length: items }, () => randomUUID()).toSorted();
  await mkdir(join(path, "manifests"), { mode: 0o700 });
  for (let index = 0; index < backups; index += 1) {
    const pack = randomPackName();
    const file = join(path, packKey(pack));
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    await writeFile(file, Buffer.alloc(packSize));
    const head = headOf(installation, index, pack);
    const writer = new ManifestWriter({ recipients: [] });
    for (const [place, machine] of machines.entries()) {
      await writer.add(entryOf(machine, place, pack));
    }
    const { parts } = await writer.finish(head, {
      items: machines.map(itemOf),
      missing: [],
      notCollected: [],
      versions: {},
      settings: { path: "/var/lib/ovf" },
    });
    await writeFile(join(path, manifestKey(head.backup.name)), Buffer.concat(parts));
  }
}

function headOf(installation: string, index: number, pack: string): Omit<ManifestHead, "totals"> {
  const source = `vms${index % sources}`;
  const startedAt = new Date(Date.now() - 86_400_000 + index * 1000).toISOString();
  return {
    format: "lastgood-manifest",
    version: 1,
    installation,
    backup: {
      id: `${index}`,
      name: `${source}-${index}`,
      type: "full",
      source,
      sourceType: "ovf",
      system: "virt.example",
      scope: source,
      startedAt,
    },
    layout: "pack",
    recipients: [],
    packs: [
      { name: pack, size: packSize, sha256: randomBytes(32).toString("hex"), used: packSize },
    ],
  };
}

function entryOf(machine: string, place: number, pack: string): Entry {
  const sha256 = randomBytes(32).toString("hex");
  const segments = [{ pack, offset: 0, frames: [packSize], skip: place * 4000 }];
  return {
    path: `${machine}.ovf`,
    type: "file",
    mode: 0o600,
    uid: 0,
    gid: 0,
    mtime: BigInt(Date.now()) * 1_000_000n,
    content: { size: 4000, sha256, segments },
  };
}

function itemOf(machine: string, place: number): Item {
  return {
    kind: "vm",
    name: `machine-${place}`,
    sizeBytes: 4000,
    details: { id: machine, group: `DC${place % 4}`, generation: place, path: `${machine}.ovf` },
  };
}
