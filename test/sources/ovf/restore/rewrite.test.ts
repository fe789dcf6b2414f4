import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { factsOf } from "../../../../src/sources/ovf/restore/machine-facts.ts";
import { type Changes, rewrite } from "../../../../src/sources/ovf/restore/rewrite.ts";
import {
  commonMachine,
  makeOvf,
  nobody,
  type OvfOptions,
  ovfId,
  type OvfStyle,
} from "../../../support/ovf.ts";

const styles: readonly OvfStyle[] = ["engine", "old-engine", "ova"];
const runs = Number(process.env["LASTGOOD_PROPERTY_RUNS"] ?? 60);
const anyGuid = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

/** Changes all that is the machine's own, each to something that can be told from all else. */
function changeAll(text: string, more: Partial<Changes> = {}): Changes {
  const { ids, macs } = factsOf(text);
  return {
    ids: new Map([...ids.keys()].map((id, index) => [id, ovfId(index, 0xabc)])),
    macs: new Map(macs.map((mac, index) => [mac, `02:aa:00:00:00:${10 + index}`])),
    withoutDisks: new Set(),
    withoutNetworks: new Set(),
    ...more,
  };
}

/** A document with the changes taken back. */
function undo(text: string, { ids, macs }: Changes): string {
  let result = text;
  for (const [old, renamed] of [...ids, ...macs]) result = result.replaceAll(renamed, old);
  return result;
}

/** What references of disks lead to. */
function resolve(text: string): { readonly dangling: readonly string[]; readonly images: number } {
  const values = (pattern: RegExp): string[] =>
    [...text.matchAll(pattern)].map(([, value = ""]) => value);
  const files = values(/<File[^>]* ovf:id="([^"]*)"/g);
  const snapshots = values(/<Snapshot ovf:id="([^"]*)"/g);
  const disks = values(/<Disk[^>]* ovf:fileRef="([^"]*)"/g);
  const hrefs = values(/<File[^>]*ovf:href="([^"]*)"/g);
  const references = [
    ...disks.filter((file) => !hrefs.includes(file)),
    ...values(/vm_snapshot_id="([^"]+)"/g).filter((id) => !snapshots.includes(id)),
    ...values(/<rasd:Parent>([^<]*)</g).filter((id) => id !== nobody && !files.includes(id)),
    ...values(/parentRef="([^"]+)"/g).filter((id) => !files.includes(id)),
  ];
  return { dangling: references, images: files.length };
}

const guid = fc.uuid();
const text = fc.string({
  unit: fc.constantFrom("a", "Ω", "&", "<", ">", '"', "'", " ", "]]>", "🦆"),
});

const machine: fc.Arbitrary<OvfOptions> = fc
  .record({
    id: guid,
    name: text.filter((name) => name.trim() !== ""),
    description: text,
    style: fc.constantFrom(...styles),
    ids: fc.uniqueArray(guid, { minLength: 24, maxLength: 24 }),
    disks: fc.integer({ min: 0, max: 4 }),
    depth: fc.integer({ min: 1, max: 3 }),
    nics: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ ids, disks, depth, nics, ...options }) => ({
    ...options,
    templateId: ids[20] ?? "",
    disks: Array.from({ length: disks }, (_, disk) =>
      Array.from({ length: depth }, (_layer, layer) => ({
        id: ids[disk] ?? "",
        imageId: ids[4 + disk * 3 + layer] ?? "",
        alias: options.name,
        templateImageId: ids[21] ?? "",
        snapshotId: ids[16 + layer] ?? "",
        ...(layer === 0 ? {} : { parentImageId: ids[4 + disk * 3 + layer - 1] ?? "" }),
      })),
    ).flat(),
    nics: Array.from({ length: nics }, (_, nic) => ({
      id: `${ids[22]?.slice(0, -1)}${nic}`,
      mac: `56:6f:00:00:00:0${nic}`,
      network: options.description,
    })),
    snapshots: Array.from({ length: depth }, (_, layer) => ({ id: ids[16 + layer] ?? "" })),
  }));

describe("a rewritten document", () => {
  test("has no old id of its own, all references resolve, and nothing else is another", () => {
    fc.assert(
      fc.property(machine, (options) => {
        const original = makeOvf(options);
        const changes = changeAll(original);
        const copy = rewrite(original, changes);
        const left = (copy.match(anyGuid) ?? []).map((id) => id.toLowerCase());
        expect(left.filter((id) => changes.ids.has(id))).toEqual([]);
        for (const mac of changes.macs.keys()) expect(copy).not.toContain(mac);
        expect(resolve(copy)).toEqual(resolve(original));
        expect(undo(copy, changes)).toBe(original);
      }),
      { numRuns: runs },
    );
  });

  test.each(styles)("names all that belongs to the machine: %s", (style) => {
    const { ids } = factsOf(makeOvf(commonMachine(7, { style })));
    expect(Object.fromEntries(ids)).toEqual({
      [ovfId(7)]: "vm",
      [ovfId(7, 2)]: "disk",
      [ovfId(7, 3)]: "image",
      [ovfId(7, 4)]: "snapshot",
      [ovfId(7, 5)]: "nic",
    });
  });

  test("without changes is the same, byte for byte", () => {
    const original = `\uFEFF${makeOvf(commonMachine(1))}\n<!-- end -->\r\n`;
    const none = { ids: new Map(), macs: new Map() };
    const changes = { ...changeAll(original), ...none };
    expect(rewrite(original, changes)).toBe(original);
  });

  test("has its new name as it is, whatever signs it has", () => {
    fc.assert(
      fc.property(text, (name) => {
        const copy = rewrite(makeOvf(commonMachine(1)), changeAll("<a/>", { name }));
        const [, written = ""] = /<Name>(.*?)<\/Name>/s.exec(copy) ?? [];
        expect(written).not.toMatch(/[<>"']|&(?!(?:amp|lt|gt|quot|apos|#\d+);)/);
        expect(copy.replace(written, "")).not.toContain("🦆");
      }),
      { numRuns: runs },
    );
  });
});

describe("an id", () => {
  const change = (extra: string, options: Partial<OvfOptions> = {}): string => {
    const original = makeOvf(commonMachine(1, { extra, ...options }));
    const copy = rewrite(original, changeAll(original));
    return /<Extra[^]*<\/Extra>/.exec(copy)?.[0] ?? "";
  };
  const [old, renamed] = [ovfId(1, 2), ovfId(0, 0xabc)];

  test("stays in upper case where it was", () => {
    const id = "ABCDEF00-AAAA-4BBB-8CCC-DDDDDDDDDDDD";
    const original = makeOvf(commonMachine(1, { id }));
    const copy = rewrite(original, changeAll(original));
    expect(copy).not.toContain(id);
    expect(copy).toMatch(/ovf:id="00000ABC-1111-[^"]*" ovf:required/);
  });

  test("is changed wherever it stands for itself, and not as a part of a word", () => {
    expect(change(`<Extra>path/${old}.meta,${old}</Extra>`)).toBe(
      `<Extra>path/${renamed}.meta,${renamed}</Extra>`,
    );
    expect(change(`<Extra>ua-${old}</Extra>`)).toBe(`<Extra>ua-${renamed}</Extra>`);
    const words = `<Extra>serial_${old} ${old}0 a${old} ${old}-1 qua-${old}</Extra>`;
    expect(change(words)).toBe(words);
  });

  test("is changed where it is written with entities or as CDATA", () => {
    const entity = `&#x${old.codePointAt(0)?.toString(16)};${old.slice(1)}`;
    expect(change(`<Extra a='${entity}'>${entity} &lt;</Extra>`)).toBe(
      `<Extra a='${renamed}'>${renamed} &lt;</Extra>`,
    );
    expect(change(`<Extra><![CDATA[<${old}>]]></Extra>`)).toBe(`<Extra>&lt;${renamed}&gt;</Extra>`);
  });

  test("stays in what people wrote for people, and in comments", () => {
    const original = makeOvf(
      commonMachine(1, {
        description: `was ${old}`,
        extra: `<Comment>${old}</Comment><!-- ${old} -->`,
      }),
    );
    const copy = rewrite(original, changeAll(original));
    expect(copy).toContain(`<Description>was ${old}</Description>`);
    expect(copy).toContain(`<Comment>${old}</Comment><!-- ${old} -->`);
  });

  test("that is blank is that of nothing, and stays", () => {
    const original = makeOvf(commonMachine(1, { disks: [{ id: nobody, imageId: nobody }] }));
    expect(factsOf(original).ids.has(nobody)).toBe(false);
    expect(rewrite(original, changeAll(original))).toContain(`${nobody}/${nobody}`);
  });

  test("of another machine, storage or pool stays", () => {
    const original = makeOvf(commonMachine(1, { templateId: ovfId(9) }));
    const copy = rewrite(original, changeAll(original));
    for (const id of [ovfId(9), ovfId(1, 8), ovfId(1, 9)]) expect(copy).toContain(id);
  });
});

const outer = (configuration: string): string =>
  makeOvf(
    commonMachine(1, {
      name: "web01",
      extra: `<Snapshot ovf:id="${ovfId(5, 4)}"><VmConfiguration>${configuration}</VmConfiguration></Snapshot>`,
    }),
  );
const configurationOf = (document: string): string =>
  /<VmConfiguration>([^<]*)</.exec(document)?.[1] ?? "";

describe("the configuration that a snapshot keeps", () => {
  const inner = makeOvf(
    commonMachine(1, {
      name: "web01",
      nics: [{ id: ovfId(2, 5), mac: "56:6f:00:00:00:99", network: "old" }],
    }),
  );
  test("in base64 changes together with the machine, and has interfaces of its own", () => {
    const original = outer(Buffer.from(inner).toString("base64").replace(/.{76}/g, "$&\r\n"));
    const changes = changeAll(original, { name: "web01-1" });
    expect(changes.ids.get(ovfId(2, 5))).toBeDefined();
    expect([...changes.macs.keys()]).toContain("56:6f:00:00:00:99");
    const copy = rewrite(original, changes);
    const nested = Buffer.from(configurationOf(copy), "base64").toString();
    expect(nested).toContain("<Name>web01-1</Name>");
    expect(undo(nested, changes).replace("web01-1", "web01")).toBe(inner);
    expect(copy).toContain(changes.ids.get(ovfId(5, 4)));
  });

  test("as it is changes too", () => {
    const original = outer(inner.replaceAll("&", "&amp;").replaceAll("<", "&lt;"));
    const changes = changeAll(original);
    const copy = rewrite(original, changes);
    for (const id of changes.ids.keys()) expect(configurationOf(copy)).not.toContain(id);
  });

  test("that nobody can read is told, and stays", () => {
    const original = outer("AAAA");
    expect(factsOf(original).unreadable).toBe(1);
    expect(configurationOf(rewrite(original, changeAll(original)))).toBe("AAAA");
  });
});

describe("disks of other kinds", () => {
  test("a LUN is a disk without an image, and keeps what tells where it lies", () => {
    const original = makeOvf(commonMachine(1, { disks: [] }))
      .replace(
        "<References>",
        `<References><File ovf:id="${ovfId(1, 6)}" ovf:href="${ovfId(1, 6)}" ovf:disk_storage_type="LUN" />`,
      )
      .replace(
        "<Info>List of Virtual Disks</Info>",
        `$&<Disk ovf:diskId="${ovfId(1, 6)}" ovf:fileRef="${ovfId(1, 6)}" ovf:serial="SLIO_${ovfId(9, 6)}" ovf:lun_id="36001405bb"><Connection ovf:iqn="iqn.2015-07.test:444" /></Disk>`,
      );
    const facts = factsOf(original);
    expect(facts.ids.get(ovfId(1, 6))).toBe("disk");
    expect(Object.fromEntries(facts.disks)).toEqual({ [ovfId(1, 6)]: [] });
    const copy = rewrite(original, changeAll(original));
    expect(copy).toContain(`ovf:serial="SLIO_${ovfId(9, 6)}" ovf:lun_id="36001405bb"`);
  });

  test("memory of a snapshot is on disks of the machine; storage stays", () => {
    const memory = [8, 9, 61, 62, 63, 64].map((kind) => ovfId(1, kind)).join(",");
    const original = makeOvf(
      commonMachine(1, {
        extra: `<Snapshot ovf:id="${ovfId(5, 4)}"><Memory>${memory}</Memory></Snapshot>`,
      }),
    );
    const { ids } = factsOf(original);
    expect([61, 62, 63, 64].map((kind) => ids.get(ovfId(1, kind)))).toEqual([
      "disk",
      "image",
      "disk",
      "image",
    ]);
    expect(ids.has(ovfId(1, 8))).toBe(false);
  });
});

describe("what is left out", () => {
  test("a disk goes with its images, its files and its hardware, everywhere", () => {
    const disks = [
      { id: ovfId(1, 2), imageId: ovfId(1, 3) },
      { id: ovfId(1, 2), imageId: ovfId(2, 3), parentImageId: ovfId(1, 3) },
      { id: ovfId(3, 2), imageId: ovfId(3, 3) },
    ];
    for (const style of styles) {
      const original = makeOvf(commonMachine(1, { style, disks }));
      const withoutDisks = new Set([ovfId(1, 2), ovfId(1, 3), ovfId(2, 3)]);
      const none = { ids: new Map(), macs: new Map() };
      const copy = rewrite(original, { ...changeAll(original), ...none, withoutDisks });
      const expected = makeOvf(commonMachine(1, { style, disks: disks.slice(2) }));
      expect(copy.replaceAll(/\s+/g, "")).toBe(expected.replaceAll(/\s+/g, ""));
    }
  });

  test("a network goes, and its interfaces stay without one", () => {
    const original = makeOvf(commonMachine(1));
    const none = { ids: new Map(), macs: new Map() };
    const withoutNetworks = new Set(["ovirtmgmt"]);
    const copy = rewrite(original, { ...changeAll(original), ...none, withoutNetworks });
    expect(copy).toContain("<rasd:Connection></rasd:Connection>");
    expect(copy).toContain("56:6f:00:00:00:01");
    expect(copy).not.toContain("<Network ");
  });
});

test("a MAC address is known in every spelling", () => {
  const original = makeOvf(
    commonMachine(1, {
      nics: [{ id: ovfId(1, 5), mac: "56-6F-00-00-00-0A", network: "x" }],
      extra: "<Extra>56:6f:00:00:00:0a 156:6f:00:00:00:0a</Extra>",
    }),
  );
  const changes = changeAll(original);
  expect([...changes.macs.keys()]).toEqual(["56:6f:00:00:00:0a"]);
  const copy = rewrite(original, {
    ...changes,
    macs: new Map([["56:6f:00:00:00:0a", "02:aa:00:00:00:ff"]]),
  });
  expect(copy).toContain("<rasd:MACAddress>02-AA-00-00-00-FF</rasd:MACAddress>");
  expect(copy).toContain("<Extra>02:aa:00:00:00:ff 156:6f:00:00:00:0a</Extra>");
});
