import { randomBytes } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { atMost, type Bench, type Benchmark, median, type Measurement } from "./harness.ts";
import { type Backuper, borg, lastgood, restic } from "./backupers.ts";
import { runLoud } from "./processes.ts";
import { makeWorkplace } from "./workplace.ts";

const acts = ["first", "unchanged", "one file", "all files"] as const;
type Act = (typeof acts)[number];

/** Many small files in layout pack, against restic and borg at the same zstd level. */
export const tree: Benchmark = {
  name: "tree",
  async run(bench: Bench): Promise<Measurement[]> {
    await using place = await makeWorkplace(bench);
    const source = join(place.folder, "source");
    const file = fill(source, Math.max(200, Math.round(bench.size.rows / 100)));
    const backupers = [lastgood(place, source), restic(place, source), borg(place, source)];
    const times = new Map(backupers.map(({ name }) => [name, new Map<Act, number[]>()]));
    for (let round = 0; round < Math.min(3, bench.size.rounds); round += 1) {
      for (const backuper of backupers) {
        // Nothing is removed meanwhile: ext4 looks long for room where 100,000 files just went.
        const target = join(place.folder, `restored-${round}-${backuper.name}`);
        for (const [act, ms] of await timeOne(backuper, source, target, file)) {
          const ofTool = times.get(backuper.name);
          ofTool?.set(act, [...(ofTool.get(act) ?? []), ms]);
        }
      }
    }
    const medianOf = (name: string, act: Act): number => median(times.get(name)?.get(act) ?? []);
    for (const { name } of backupers) {
      const shown = acts.map((act) => `${act} ${(medianOf(name, act) / 1000).toFixed(2)} s`);
      bench.log(`${name}: ${shown.join(", ")}`);
    }
    const against = (bar: number, act: Act, rival: string): Measurement =>
      atMost(bar, `files: ${act}`, rival, medianOf("lastgood", act) / medianOf(rival, act));
    return [
      against(1, "first", "restic"),
      against(1, "first", "borg"),
      against(0.5, "unchanged", "restic"),
      against(1, "unchanged", "borg"),
      against(0.5, "one file", "restic"),
      against(1, "all files", "restic"),
    ];
  },
};

/** One round of one tool; what stands before a measured act is not counted. */
async function timeOne(
  backuper: Backuper,
  source: string,
  target: string,
  file: string,
): Promise<readonly (readonly [Act, number])[]> {
  await backuper.renew();
  warm(source);
  const first = await timed(async () => backuper.backUp(true));
  const unchanged = await timed(async () => backuper.backUp(false));
  const one = await timed(async () => backuper.restore(`${target}-one`, file));
  const all = await timed(async () => backuper.restore(`${target}-all`));
  return [
    ["first", first],
    ["unchanged", unchanged],
    ["one file", one],
    ["all files", all],
  ];
}

/** Reads all files: a system may give up the memory of those that nobody has asked for in a while. */
function warm(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) readFileSync(join(entry.parentPath, entry.name));
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  // What the one before has written is not to be waited for by this one.
  await runLoud("sync", [], process.env);
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Small files of text that compresses about as prose does; returns the path of one of them. */
function fill(folder: string, files: number): string {
  const words = randomBytes(1 << 20);
  for (let index = 0; index < files; index += 1) {
    const parent = join(folder, `d${index % 10}`, `s${Math.floor(index / 100)}`);
    if (index % 100 < 10) mkdirSync(parent, { recursive: true });
    const size = 100 + (words.readUInt16LE(index % 65_536) % 2_000);
    const start = (index * 7_919) % (words.length - size);
    const text = words.subarray(start, start + size).toString("base64");
    writeFileSync(join(parent, `file-${index}.txt`), `${index}\n${text}`);
  }
  return "d3/s0/file-3.txt";
}
