import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import type { CopyReader, Finding } from "../../../src/layouts/layout.ts";
import { createSink, openCopy } from "../../../src/layouts/registry.ts";
import { localFs } from "../../../src/providers/local-fs.ts";
import { layoutNames, type LayoutName, type Provider } from "../../../src/providers/provider.ts";
import { filesSource } from "../../../src/sources/files/index.ts";
import { filesSettings } from "../../../src/sources/files/settings.ts";
import { headOf, MemoryCatalogue } from "../../layouts/support.ts";
import { addAttributes, fingerprint, makeZoo, Site } from "./restore-support.ts";

let site: Site;
let provider: Provider;
let catalogue: MemoryCatalogue;

beforeEach(async () => {
  site = await Site.make();
  catalogue = new MemoryCatalogue();
  const settings = { path: join(site.folder, "vault") };
  const ownership = { installation: headOf("x").installation, marker: headOf("x").installation };
  const context = { env: {}, signal: site.context.signal };
  await localFs.initialise(settings, ownership, context);
  provider = await localFs.open(settings, ownership, context);
  onTestFinished(() => provider.close());
});

async function backUp(layout: LayoutName, name: string, parent?: CopyReader): Promise<CopyReader> {
  const sink = await createSink(layout, {
    provider,
    head: headOf(name),
    catalogue,
    signal: site.context.signal,
    ...(parent ? { parent } : {}),
  });
  const body = await filesSource.backUp({
    settings: filesSettings.parse({ path: site.source }),
    sink,
    ...(parent ? { parent } : {}),
    context: site.context,
    excludeTables: [],
  });
  const sealed = await sink.finish(body);
  return await openCopy({ provider, identities: [], ...sealed });
}

async function findings(reader: CopyReader): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  const { signal } = site.context;
  for await (const finding of reader.verify({ level: "decode", sample: 1, signal })) {
    found.push(finding);
  }
  return found;
}

async function restore(
  reader: CopyReader,
  target: string,
  paths?: readonly string[],
): Promise<void> {
  await filesSource.restore({
    reader,
    picked: { items: [], ...(paths ? { paths } : {}) },
    target,
    replace: false,
    dryRun: false,
    options: {},
    context: site.context,
  });
}

// An OVF store takes machines alone.
const layouts = layoutNames.filter((layout) => layout !== "ovf-store");

describe.for(layouts)("in layout %s", (layout) => {
  test("a tree comes back as it was", async (task) => {
    await makeZoo(site);
    await addAttributes(task, site);
    const before = await fingerprint(site.source);
    const reader = await backUp(layout, "one");
    expect(await findings(reader)).toEqual([]);
    await restore(reader, site.target);
    expect(await fingerprint(site.target)).toBe(before);
    expect(await filesSource.rehearse(reader, site.context)).toEqual([]);
  });

  test("an incremental backup is whole by itself", async () => {
    await makeZoo(site);
    const first = await backUp(layout, "one");
    writeFileSync(join(site.source, "added"), "new");
    writeFileSync(join(site.source, "sizes/512"), "changed");
    const second = await backUp(layout, "two", first);
    const before = await fingerprint(site.source);
    await restore(second, site.target);
    expect(await fingerprint(site.target)).toBe(before);
    expect(await findings(second)).toEqual([]);
  });

  test("one file is picked out of many", async () => {
    for (let number = 0; number < 300; number += 1) site.write(`${number % 7}/${number}`);
    const reader = await backUp(layout, "one");
    await restore(reader, site.target, ["3/10"]);
    expect(readdirSync(join(site.target, "3"))).toEqual(["10"]);
  });
});
