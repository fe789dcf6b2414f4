import { randomBytes } from "node:crypto";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { describe, expect, test } from "vitest";
import type { CopyReader, OpenCopyOptions, SealedCopy } from "../../../src/layouts/layout.ts";
import { packKey } from "../../../src/layouts/pack/pack-upload.ts";
import {
  repack,
  type RepackCatalogue,
  type RepackReport,
} from "../../../src/layouts/pack/repack.ts";
import { manifestsOf, openCopy, removeCopy, verifyCopy } from "../../../src/layouts/registry.ts";
import { backUp, contentOf, copyOf, newPlace, openSink, type Place } from "./copy.ts";
import { collect, emptyBody, entryOf, readAll } from "../support.ts";

const signal = new AbortController().signal;
const key = await generateX25519Identity();

/** Copies by their number, as the catalogue knows them, with what a repack does to them. */
class Copies implements RepackCatalogue {
  readonly place: Place;
  readonly copies: Map<number, OpenCopyOptions> = new Map<number, OpenCopyOptions>();
  readonly steps: string[] = [];
  /** The step at which the process dies. */
  diesAt = Infinity;

  constructor(place: Place) {
    this.place = place;
  }

  async adoptPack(_copyIds: readonly number[], name: string): Promise<void> {
    this.#step("adopt");
    await this.place.catalogue.beginPack(name);
  }

  async completeAdoptedPack(
    pack: Parameters<RepackCatalogue["completeAdoptedPack"]>[0],
  ): Promise<void> {
    this.#step("complete");
    await this.place.catalogue.completePack(pack);
  }

  async replaceManifest(
    ...[id, oldSha256, manifest]: Parameters<RepackCatalogue["replaceManifest"]>
  ): Promise<void> {
    this.#step("replace");
    const before = this.copies.get(id);
    if (before?.manifestSha256 !== oldSha256) throw new Error("changed meanwhile");
    const { key: manifestKey, sha256: manifestSha256, size: manifestSize } = manifest;
    this.copies.set(id, { ...before, manifestKey, manifestSha256, manifestSize });
  }

  async open(id: number): Promise<CopyReader> {
    const copy = this.copies.get(id);
    if (copy === undefined) throw new Error("no such copy");
    return await openCopy(copy);
  }

  #step(what: string): void {
    this.steps.push(what);
    if (this.steps.length > this.diesAt) throw new Error("killed");
  }
}

interface Story {
  readonly copies: Copies;
  /** What each copy must give back. */
  readonly wanted: ReadonlyMap<number, ReadonlyMap<string, Buffer>>;
  readonly candidates: readonly string[];
  run(): Promise<RepackReport>;
}

/** Two backups that use a part each of the packs of a first one, which is gone; 2 MB make two packs. */
async function mostlyDead(fileSize = 200_000, recipients: readonly string[] = []): Promise<Story> {
  const place = newPlace();
  const identities = recipients.length === 0 ? [] : [key];
  const files = new Map<string, Buffer>();
  for (let index = 0; index < 40; index += 1) files.set(`f${index}`, randomBytes(fileSize + index));
  files.set("large", randomBytes(5 * fileSize + 4_200_000));
  const first = await backUp(place, Object.fromEntries(files), { recipients });
  const copies = new Copies(place);
  const wanted = new Map<number, Map<string, Buffer>>();
  const keep = async (id: number, paths: readonly string[]): Promise<SealedCopy> => {
    const parent = await openCopy(copyOf(place, first, identities));
    const sink = await openSink(place, { name: `kept${id}`, parent, recipients });
    const kept = new Map<string, Buffer>();
    for (const path of paths.toSorted()) {
      await sink.add(entryOf(path, { content: contentOf(await parent.find(path)) }));
      kept.set(path, files.get(path) ?? Buffer.alloc(0));
    }
    const fresh = randomBytes(1000 + id);
    await sink.add(entryOf("zzz", { content: await sink.store(fresh) }));
    kept.set("zzz", fresh);
    wanted.set(id, kept);
    const sealed = await sink.finish(emptyBody);
    copies.copies.set(id, copyOf(place, sealed, identities));
    return sealed;
  };
  await keep(1, ["f1", "f8", "large"]);
  await keep(2, ["f2", "f8", "f39"]);
  const candidates = first.packs.map(({ name }) => name);
  const run = async (): Promise<RepackReport> =>
    await repack({
      provider: place.provider,
      catalogue: copies,
      identities,
      candidates,
      copies: [...copies.copies].map(([id, copy]) => ({ id, ...copy })),
      signal,
    });
  return { copies, wanted, candidates, run };
}

async function expectWhole({ copies, wanted }: Story): Promise<void> {
  for (const [id, files] of wanted) {
    const reader = await copies.open(id);
    let seen = 0;
    await reader.readMany(reader.entries(), async ({ path }, bytes) => {
      expect((await readAll(bytes)).equals(files.get(path) ?? Buffer.alloc(0))).toBe(true);
      seen += 1;
    });
    expect(seen).toBe(files.size);
    const copy = copies.copies.get(id);
    if (copy === undefined) throw new Error("no such copy");
    const findings = verifyCopy(copy, { level: "decode", sample: 1, signal });
    expect(await collect(findings)).toEqual([]);
  }
}

describe.each([
  ["plain", []],
  ["encrypted", [await identityToRecipient(key)]],
] as const)("%s", (_what, recipients) => {
  test("what is used moves, and the old packs are not needed any more", async () => {
    const story = await mostlyDead(2_000_000, recipients);
    expect(story.candidates.length).toBe(2);
    const report = await story.run();
    expect(report.packs).toBe(1);
    const { provider } = story.copies.place;
    for (const name of story.candidates) await provider.delete(packKey(name));
    for (const manifest of report.superseded) await provider.delete(manifest);
    await expectWhole(story);
    // Frames of 4 MiB are moved whole: at most one for each small file, and the large one.
    expect(report.bytes).toBeLessThan(14_200_000 + 5 * 4_200_000);
    const { head } = await story.copies.open(1);
    expect(head.packs.map(({ name }) => name)).not.toEqual(
      expect.arrayContaining([...story.candidates]),
    );
    expect(head.totals.entries).toBe(4);
  });
});

test("killed at any step, every copy is whole before and after the next run", async () => {
  for (let diesAt = 0; diesAt < 4; diesAt += 1) {
    const story = await mostlyDead();
    story.copies.diesAt = diesAt;
    await expect(story.run()).rejects.toThrow("killed");
    await expectWhole(story);
    story.copies.diesAt = Infinity;
    // Copies that changed over before name no candidate any more, and are found unchanged.
    await story.run();
    for (const name of story.candidates) await story.copies.place.provider.delete(packKey(name));
    await expectWhole(story);
  }
});

test("a pack that is not as it was is not vouched for by a new one", async () => {
  const story = await mostlyDead();
  const { provider } = story.copies.place;
  const object = provider.objects.get(packKey(story.candidates[0] ?? ""));
  object?.writeUInt8((object[3000] ?? 0) ^ 1, 3000);
  await expect(story.run()).rejects.toMatchObject({ code: "CORRUPT" });
  expect(story.copies.steps).not.toContain("replace");
});

test("a copy that has changed meanwhile is left as it is", async () => {
  const story = await mostlyDead();
  const before = story.copies.copies.get(1);
  if (before === undefined) throw new Error("no such copy");
  const running = story.run();
  story.copies.copies.set(1, { ...before, manifestSha256: "f".repeat(64) });
  await expect(running).rejects.toThrow("changed meanwhile");
});

test("content of the new packs is found by the next backup", async () => {
  const story = await mostlyDead();
  await story.run();
  const { place } = story.copies;
  for (const name of story.candidates) place.catalogue.packs.delete(name);
  const { size } = place.provider.objects;
  const files = story.wanted.get(1) ?? new Map<string, Buffer>();
  await backUp(place, Object.fromEntries(files), { name: "next" });
  // The manifest alone.
  expect(place.provider.objects.size).toBe(size + 1);
});

test("removing a copy takes all of its manifests, and no other's", async () => {
  const story = await mostlyDead();
  await story.run();
  const { provider } = story.copies.place;
  const manifestsThere = (): string[] =>
    [...provider.objects.keys()].filter((each) => each.startsWith("manifests/"));
  const found = await manifestsOf("pack", provider, "kept1");
  expect(found.toSorted()).toEqual(
    manifestsThere()
      .filter((each) => each.includes("kept1"))
      .toSorted(),
  );
  expect(found).toHaveLength(2);
  await removeCopy("pack", provider, "kept1");
  await removeCopy("pack", provider, "kept1");
  expect(await manifestsOf("pack", provider, "kept1")).toEqual([]);
  const manifests = manifestsThere();
  expect(manifests.filter((each) => each.includes("kept1"))).toEqual([]);
  expect(manifests.filter((each) => each.includes("kept2"))).toHaveLength(2);
});
