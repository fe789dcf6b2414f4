import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { manifestsOf } from "../../../src/layouts/registry.ts";
import type { Content } from "../../../src/manifest/entry.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { collect, emptyBody, entryOf, noise, readAll } from "../support.ts";
import {
  backUp,
  documents,
  domain,
  newStore,
  open,
  openSink,
  remove,
  slots,
  strangeHead,
  verify,
  vm,
} from "./support.ts";

const run = promisify(execFile);

async function* streamOf(text: string): AsyncGenerator<Uint8Array> {
  const room = Buffer.alloc(1000);
  for (let at = 0; at < text.length; at += room.length) {
    yield room.subarray(0, room.write(text.slice(at, at + room.length), "latin1"));
    await Promise.resolve();
  }
}

describe("a store", () => {
  test("is a tar as oVirt makes it: info, documents, metadata", async () => {
    const store = newStore();
    const files = documents(3);
    const items = [
      { kind: "vm", name: "web", details: { id: vm(0), path: `${vm(0)}.ovf`, status: 1 } },
      { kind: "vm", name: "db", details: { id: vm(1), path: `${vm(1)}.ovf` } },
    ] as const;
    await backUp(store, "one", files, { ...emptyBody, items });
    const path = join(await temporaryFolder(), "store.tar");
    await writeFile(path, store.provider.objects.get(`${slots[0]}.tar`) ?? "");
    const names = (await run("tar", ["tf", path])).stdout.trimEnd().split("\n");
    expect(names).toEqual(["info.json", ...Object.keys(files), "metadata.json"]);
    const member = async (name: string): Promise<string> =>
      (await run("tar", ["xOf", path, name])).stdout;
    expect(JSON.parse(await member("info.json"))).toEqual({
      "Last Updated": expect.stringMatching(
        /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4}$/,
      ) as string,
      "Storage Domains": [{ uuid: domain }],
    });
    expect(JSON.parse(await member("metadata.json"))).toEqual({ "VM Status": { [vm(0)]: 1 } });
    for (const [name, bytes] of Object.entries(files)) {
      expect(await member(name)).toBe(bytes.toString());
    }
    expect((store.provider.objects.get(`${slots[0]}.tar`)?.length ?? 1) % 512).toBe(0);
  });

  test("has a side file that says what oVirt's description of the disk does", async () => {
    const store = newStore();
    const sealed = await backUp(store, "one", documents(2));
    expect(sealed.manifestKey).toBe(`${slots[0]}.json`);
    const text = store.provider.objects.get(`${slots[0]}.json`)?.toString() ?? "";
    expect(JSON.parse(text)).toMatchObject({
      Updated: true,
      "Disk Description": "OVF_STORE",
      "Storage Domains": [{ uuid: domain }],
      Size: store.provider.objects.get(`${slots[0]}.tar`)?.length,
      tar: "ovf_store_0.tar",
      head: { layout: "ovf-store", backup: { name: "one" }, totals: { files: 2 }, missing: 0 },
    });
    expect([...store.provider.objects.keys()].toSorted()).toEqual([
      `${slots[0]}.json`,
      `${slots[0]}.tar`,
    ]);
  });

  test("gives back what was kept, in whatever order it is asked for", async () => {
    const store = newStore();
    const files = { ...documents(40), [`${vm(50)}.ovf`]: noise(5_000_000, 1) };
    const reader = await open(store, await backUp(store, "one", files));
    const entries = await collect(reader.entries());
    expect(entries.map(({ path }) => path)).toEqual(Object.keys(files));
    const same: string[] = [];
    await reader.readMany(entries.toReversed(), async ({ path }, bytes) => {
      if ((await readAll(bytes)).equals(files[path] ?? Buffer.from("none"))) same.push(path);
    });
    expect(same.toSorted()).toEqual(Object.keys(files));
    const one = await reader.find(`${vm(7)}.ovf`);
    expect(await readAll(reader.open(one?.content as Content))).toEqual(files[`${vm(7)}.ovf`]);
    expect(await reader.find("nothing")).toBeUndefined();
    expect(await collect(reader.entries(`${vm(7)}.ovf`))).toEqual([one]);
    expect(await reader.readBody()).toEqual(emptyBody);
    expect(await verify(store, await backUp(store, "two", files))).toEqual([]);
  });

  test("reads neighbours at once", async () => {
    const store = newStore();
    const reader = await open(store, await backUp(store, "one", documents(100)));
    store.provider.calls.length = 0;
    await reader.readMany(reader.entries(), async (_entry, bytes) => void (await readAll(bytes)));
    expect(store.provider.calls).toHaveLength(1);
  });

  test("keeps what many store at once, from streams that a buffer is used again for", async () => {
    const store = newStore();
    const sink = await openSink(store, "one");
    const texts = Array.from({ length: 20 }, (_, index) => `text ${index} `.repeat(3000));
    const contents = await Promise.all(texts.map((text) => sink.store(streamOf(text))));
    for (const [index, content] of contents.entries()) {
      await sink.add(entryOf(`${vm(index)}.ovf`, { content }));
    }
    const reader = await open(store, await sink.finish(emptyBody));
    for (const [index, content] of contents.entries()) {
      expect((await readAll(reader.open(content))).toString()).toBe(texts[index]);
    }
  });

  test("may be empty, and may hold the same document under several names", async () => {
    const store = newStore();
    expect(await verify(store, await backUp(store, "none", {}))).toEqual([]);
    const same = Buffer.from("same");
    const files = { "a.ovf": same, "b.ovf": same, "c.ovf": Buffer.alloc(0) };
    const sealed = await backUp(store, "same", files);
    expect(await verify(store, sealed)).toEqual([]);
    const reader = await open(store, sealed);
    const read: string[] = [];
    await reader.readMany(reader.entries(), async ({ path }, bytes) => {
      read.push(`${path} ${(await readAll(bytes)).toString()}`);
    });
    expect(read).toEqual(["a.ovf same", "b.ovf same", "c.ovf "]);
  });

  test("takes documents alone, in their order", async () => {
    const sink = await openSink(newStore(), "one");
    const content = await sink.store(Buffer.from("x"));
    await sink.add(entryOf("b.ovf", { content }));
    await expect(sink.add(entryOf("a.ovf", { content }))).rejects.toThrow(RangeError);
    for (const path of ["info.json", "sub/c.ovf", "c", "c.ovf\0"]) {
      await expect(sink.add(entryOf(path, { content }))).rejects.toThrow(RangeError);
    }
    const other = { ...content, sha256: "0".repeat(64) };
    await expect(sink.add(entryOf("c.ovf", { content: other }))).rejects.toThrow(RangeError);
    expect(sink.keeps()).toBe(false);
  });
});

describe("two slots", () => {
  test("are used in turn, and the one that stays is never touched", async () => {
    const store = newStore();
    const first = await backUp(store, "one", documents(2, "1"));
    store.catalogue.stay = [first.manifestKey];
    for (const round of [2, 3, 4, 5]) {
      const [stays] = store.catalogue.stay;
      const before = new Map(store.provider.objects);
      const next = await backUp(store, `round${round}`, documents(2, String(round)));
      expect(next.manifestKey).not.toBe(stays);
      for (const key of [stays, stays?.replace(".json", ".tar")]) {
        expect(store.provider.objects.get(key ?? "")).toBe(before.get(key ?? ""));
      }
      store.catalogue.stay = [next.manifestKey];
    }
    expect([...store.provider.objects.keys()]).toHaveLength(4);
  });

  test("are filled before one is used again", async () => {
    const store = newStore();
    await backUp(store, "one", documents(1));
    expect((await backUp(store, "two", documents(1))).manifestKey).toBe(`${slots[1]}.json`);
  });

  test("that hold backups which the catalogue does not know are left to another installation", async () => {
    const store = newStore();
    for (const name of ["one", "two"]) {
      const sink = await openSink(store, name, { head: strangeHead(name) });
      await sink.finish(emptyBody);
    }
    const before = new Map(store.provider.objects);
    const ours = await openSink(store, "ours");
    await expect(ours.finish(emptyBody)).rejects.toMatchObject({ trouble: "foreign" });
    expect(store.provider.objects).toEqual(before);
    // One that was attached is known, and may give way.
    store.catalogue.findRoom = async () => ({ stay: [], outgoing: `${slots[1]}.json` });
    const next = await openSink(store, "next");
    expect((await next.finish(emptyBody)).manifestKey).toBe(`${slots[1]}.json`);
  });

  test("with a side file that nobody can read may be used again", async () => {
    const store = newStore();
    const first = await backUp(store, "one", documents(1));
    store.catalogue.stay = [first.manifestKey];
    store.provider.objects.set(`${slots[1]}.json`, Buffer.from("{"));
    expect((await backUp(store, "two", documents(1))).manifestKey).toBe(`${slots[1]}.json`);
  });

  test("are free of a slot that another took meanwhile", async () => {
    const store = newStore();
    const sink = await openSink(store, "late");
    const stay = slots.map((slot) => `${slot}.json`);
    store.catalogue.makeRoom = async () => ({ stay });
    await expect(sink.finish(emptyBody)).rejects.toMatchObject({ code: "CORRUPT" });
    expect([...store.provider.objects.keys()]).toEqual([]);
  });
});

describe("when something fails", () => {
  const full = new Error("full");

  test.each([
    ["put spools/new.spool", false],
    ["put home/ovf_store_1.tar", false],
    ["put home/ovf_store_1.json", true],
  ])("in %s, the other copy is whole, and the slot is announced: %s", async (call, announced) => {
    const store = newStore();
    const old = await backUp(store, "old", documents(2));
    store.catalogue.stay = [old.manifestKey];
    let seen = 0;
    store.provider.onCall = (each) => {
      if (each !== call) return;
      seen += 1;
      // The second one says that the store is good.
      if (!announced || seen === 2) throw full;
    };
    await expect(backUp(store, "new", documents(3))).rejects.toBe(full);
    store.provider.onCall = undefined;
    expect(await verify(store, old)).toEqual([]);
    const side = store.provider.objects.get("home/ovf_store_1.json")?.toString() ?? "{}";
    const { Updated: isUpdated } = JSON.parse(side) as { Updated?: boolean };
    expect(isUpdated).toBe(announced ? false : undefined);
    await remove(store, "new");
    expect([...store.provider.objects.keys()].toSorted()).toEqual([
      `${slots[0]}.json`,
      `${slots[0]}.tar`,
    ]);
  });

  test("nothing gives way before the last byte of the new one is written", async () => {
    const store = newStore();
    const calls: string[] = [];
    store.catalogue.makeRoom = async () => {
      calls.push("makeRoom");
      return { stay: [] };
    };
    store.provider.onCall = (call) => {
      if (call.includes("ovf_store_0.")) calls.push(call);
    };
    await backUp(store, "one", documents(2));
    const chunks = calls.filter((call) => call === "chunk home/ovf_store_0.tar").length;
    expect(calls.slice(calls.indexOf("put home/ovf_store_0.tar"))).toEqual([
      "put home/ovf_store_0.tar",
      ...Array.from({ length: chunks }, () => "chunk home/ovf_store_0.tar"),
      "put home/ovf_store_0.json",
      "chunk home/ovf_store_0.json",
      "makeRoom",
      "makeRoom",
      "get home/ovf_store_0.tar",
      "put home/ovf_store_0.json",
      "chunk home/ovf_store_0.json",
      "makeRoom",
      "get home/ovf_store_0.json",
    ]);
  });

  test.each(["tar", "json"])("a %s that is read back changed is no copy", async (kind) => {
    const store = newStore();
    const { objects } = store.provider;
    store.provider.onCall = (call) => {
      if (call !== `get ${slots[0]}.${kind}`) return;
      const bytes = Buffer.from(objects.get(`${slots[0]}.${kind}`) ?? "");
      bytes[700] = (bytes[700] ?? 0) ^ 1;
      objects.set(`${slots[0]}.${kind}`, bytes);
    };
    await expect(backUp(store, "one", documents(3))).rejects.toMatchObject({ code: "CORRUPT" });
  });

  test("an aborted backup ends at once", async () => {
    const store = newStore();
    const abort = new AbortController();
    const sink = await openSink(store, "one", { signal: abort.signal });
    const reason = new Error("enough");
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (let count = 0; ; count += 1) {
        if (count === 3) abort.abort(reason);
        yield Buffer.alloc(1000);
      }
    }
    const storing = sink.store(endless());
    await expect(storing).rejects.toBe(reason);
    await sink.abort();
    expect([...store.provider.objects.keys()]).toEqual([]);
  });
});

test("what lies there under the name of a backup is found: its slot, and no other's", async () => {
  const store = newStore();
  await backUp(store, "one", documents(1));
  const two = await backUp(store, "two", documents(1));
  expect(await manifestsOf("ovf-store", store.provider, "two")).toEqual([two.manifestKey]);
  expect(await manifestsOf("ovf-store", store.provider, "three")).toEqual([]);
});

describe("removing", () => {
  test("takes the slot of that backup, and is safe to repeat", async () => {
    const store = newStore();
    const [one, two] = [
      await backUp(store, "one", documents(1)),
      await backUp(store, "two", documents(1)),
    ];
    await remove(store, "one");
    await remove(store, "one");
    expect(await verify(store, two)).toEqual([]);
    expect(await verify(store, one)).toMatchObject([{ result: "missing" }]);
    expect([...store.provider.objects.keys()].toSorted()).toEqual([
      `${slots[1]}.json`,
      `${slots[1]}.tar`,
    ]);
  });

  test("says that the tar is no store any more before it goes", async () => {
    const store = newStore();
    await backUp(store, "one", documents(1));
    store.provider.delete = async (key) => {
      if (key.endsWith(".tar")) throw new Error("killed");
    };
    await expect(remove(store, "one")).rejects.toThrow("killed");
    const side = store.provider.objects.get(`${slots[0]}.json`)?.toString() ?? "";
    expect(JSON.parse(side)).toMatchObject({ Updated: false, head: { backup: { name: "one" } } });
  });

  test("leaves a slot alone that has become another backup's", async () => {
    const store = newStore();
    await backUp(store, "one", documents(1));
    await backUp(store, "two", documents(1));
    store.catalogue.stay = [`${slots[1]}.json`];
    const three = await backUp(store, "three", documents(1));
    await remove(store, "one");
    expect(await verify(store, three)).toEqual([]);
  });

  test("leaves a slot alone whose side file cannot be read", async () => {
    const store = newStore();
    await backUp(store, "one", documents(1));
    store.provider.objects.set(`${slots[0]}.json`, Buffer.from("{"));
    await remove(store, "one");
    expect(store.provider.objects.has(`${slots[0]}.tar`)).toBe(true);
  });
});
