import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Item } from "../../../../src/manifest/entry.ts";
import { parseDocument } from "../../../../src/sources/ovf/document.ts";
import type { Supply } from "../../../../src/sources/ovf/restore/fresh.ts";
import { restoreMachines } from "../../../../src/sources/ovf/restore/restore-machines.ts";
import type { RestoreReport } from "../../../../src/sources/source.ts";
import { temporaryFolder } from "../../../support/folder.ts";
import { makeOvf, type OvfOptions, ovfId } from "../../../support/ovf.ts";
import { type MemoryCopy, memoryCopy, testContext } from "../../support.ts";

export interface Pick {
  readonly name: string;
  readonly copies?: number;
}

export interface Restore {
  readonly pick?: readonly (string | Pick)[];
  readonly options?: Readonly<Record<string, string | boolean>>;
  /** Written to a file that is named in the options. */
  readonly inventory?: unknown;
  readonly dryRun?: boolean;
  readonly replace?: boolean;
}

/** The id that is given out as the first, second … */
export function fresh(number: number): string {
  return ovfId(number, 0xfff);
}

export function namesOf(restored: Readonly<Record<string, string>>): string[] {
  return Object.values(restored).map((text) => parseDocument(Buffer.from(text)).name);
}

/** Ids and MAC addresses by number: 1, 2, 3 … */
export function counting(): Supply {
  let [ids, macs] = [0, 0];
  return {
    id: () => fresh((ids += 1)),
    mac: () => `02:00:00:00:00:${(macs += 1).toString(16).padStart(2, "0")}`,
  };
}

/** A backup of these machines, and a folder to restore them to. */
export class Site {
  readonly folder: string;
  readonly target: string;
  readonly copy: MemoryCopy = memoryCopy("ovf");
  readonly items: Item[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.target = join(folder, "restored");
  }

  static async make(...machines: readonly (OvfOptions & { group?: string })[]): Promise<Site> {
    const site = new Site(await temporaryFolder());
    for (const machine of machines.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
      await site.add(machine, makeOvf(machine));
    }
    return site;
  }

  async add(
    { id, name, isTemplate = false, group = "DC1" }: OvfOptions & { group?: string },
    document: string | Buffer,
  ): Promise<void> {
    const path = `${id}.ovf`;
    const content = await this.copy.sink.store(Buffer.from(document));
    await this.copy.sink.add({
      path,
      type: "file",
      mode: 0o600,
      uid: 0,
      gid: 0,
      mtime: 0n,
      content,
    });
    const kind = isTemplate ? "template" : "vm";
    this.items.push({ kind, name, details: { id, group, path } });
  }

  async restore(request: Restore = {}): Promise<RestoreReport> {
    const context = await testContext();
    const wanted = (request.pick ?? []).map((each) =>
      typeof each === "string" ? { name: each } : each,
    );
    const items = wanted.map((each) => this.#item(each.name));
    const copies = new Map(
      wanted.flatMap(({ copies: count }, index) => {
        const item = items[index];
        return item === undefined || count === undefined ? [] : [[item, count] as const];
      }),
    );
    const body = { items: this.items, missing: [], notCollected: [], versions: {} };
    const reader = this.copy.reader(body);
    return await restoreMachines(
      {
        reader,
        picked: copies.size > 0 ? { items, copies } : { items },
        target: this.target,
        replace: request.replace ?? false,
        dryRun: request.dryRun ?? false,
        options: { ...request.options, ...this.#inventory(request.inventory) },
        context,
      },
      counting(),
    );
  }

  /** The message with which a restore is refused. */
  async refusal(request: Restore): Promise<string> {
    try {
      await this.restore(request);
    } catch (error) {
      if (error instanceof Error) return error.message;
    }
    throw new Error("it was not refused");
  }

  /** What was restored: documents by name of file. */
  restored(): Readonly<Record<string, string>> {
    const names = readdirSync(this.target).toSorted();
    return Object.fromEntries(
      names.map((name) => [name, readFileSync(join(this.target, name), "utf8")]),
    );
  }

  /** What lies where it was restored to, and beside. */
  left(): readonly string[] {
    return readdirSync(this.folder).filter((name) => name !== "inventory.json");
  }

  #item(name: string): Item {
    const found = this.items.find((item) => item.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  #inventory(inventory: unknown): Record<string, string> {
    if (inventory === undefined) return {};
    const path = join(this.folder, "inventory.json");
    const text = typeof inventory === "string" ? inventory : JSON.stringify(inventory);
    writeFileSync(path, text);
    return { inventory: path };
  }
}
