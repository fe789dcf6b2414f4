import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { brokenDocuments, commonMachine, makeOvf, ovfId } from "../../../support/ovf.ts";
import { fresh, namesOf, Site } from "./support.ts";

const web = commonMachine(1, { name: "web01" });
const db = commonMachine(2, { name: "db01" });

const nameTaken = "The VM name is already in use, please choose a unique name and try again.";

describe("nothing is written", () => {
  const inventory = { vms: [{ id: ovfId(50), name: "web01" }], networks: ["other"] };

  test("where one of several cannot be restored; all that is wrong is told at once", async () => {
    const site = await Site.make(web, { ...db, nics: [] });
    const site2 = brokenDocuments(commonMachine(7));
    await site.add(commonMachine(7), site2["cut off"] ?? "");
    site.items.push({
      kind: "vm",
      name: "gone",
      details: { id: ovfId(8), path: `${ovfId(8)}.ovf` },
    });
    const lines = (await site.refusal({ inventory })).split("\n");
    expect(lines[1]).toMatch(/^vm7: The OVF configuration could not be parsed\. \(it is cut off/);
    expect([lines[0], ...lines.slice(2)]).toEqual([
      "nothing was restored:",
      "gone: There is no OVF for the specific entity.",
      `web01: ${nameTaken}`,
      "web01: The following networks are missing: ovirtmgmt.",
    ]);
    expect(site.left()).toEqual([]);
  });

  test.each(Object.entries(brokenDocuments(web)))(
    "where a document is bad: %s",
    async (_, bytes) => {
      const site = await Site.make();
      await site.add(web, bytes);
      expect(await site.refusal({})).toMatch(/^web01: The OVF configuration could not be parsed\./);
    },
  );

  test("where a name is taken by another one that is restored with it", async () => {
    const site = await Site.make(web, { ...db, name: "web01-2" });
    const pick = [{ name: "web01", copies: 2 }, "web01-2"];
    expect(await site.refusal({ pick })).toBe(`web01-2: ${nameTaken}`);
    expect(site.left()).toEqual([]);
  });

  test("but a template, or a machine of another group, may have the same name", async () => {
    const site = await Site.make(
      web,
      { ...db, name: "web01", group: "DC2" },
      commonMachine(3, { name: "web01", isTemplate: true }),
    );
    await site.restore();
    expect(namesOf(site.restored())).toEqual(["web01", "web01", "web01"]);
  });

  test("in a dry run, which tells the same", async () => {
    const site = await Site.make(web);
    const pick = [{ name: "web01", copies: 2 }];
    const dry = await site.restore({ pick, dryRun: true });
    expect(site.left()).toEqual([]);
    expect(await site.restore({ pick })).toEqual(dry);
    expect(await site.refusal({ pick, dryRun: true })).toContain("is not empty");
  });

  test("where a document turns out bad when it is written", async () => {
    const site = await Site.make(web, db);
    // Found only by its hash, at the end.
    for (const bytes of site.copy.contents.values()) bytes.write("X", bytes.indexOf("Default"));
    await expect(site.restore()).rejects.toThrow("the content is corrupt");
    expect(site.left()).toEqual([]);
  });

  test("over what is there, unless it is to be replaced: then it is kept", async () => {
    const site = await Site.make(web);
    mkdirSync(site.target);
    writeFileSync(join(site.target, "old"), "old");
    expect(await site.refusal({})).toContain("is not empty");
    const { actions } = await site.restore({ replace: true });
    expect(Object.keys(site.restored())).toEqual([`${fresh(1)}.ovf`]);
    expect(actions.at(-1)).toMatch(/^kept what was there as .*restored\.before-/);
  });

  test("outside of the folder, whatever id a manifest claims", async () => {
    const site = await Site.make();
    await site.add({ ...web }, makeOvf(web));
    const [item] = site.items;
    site.items[0] = {
      ...item,
      kind: "vm",
      name: "web01",
      details: { ...item?.details, id: "../../escape" },
    };
    await site.restore({ options: { register: true } });
    expect(Object.keys(site.restored())).toEqual([`${web.id}.ovf`]);
  });
});

describe("what is there", () => {
  test("is not known without an inventory, and a warning says so", async () => {
    const site = await Site.make(web);
    expect((await site.restore({})).warnings).toEqual([
      "without an inventory nothing was compared with what exists: see --inventory",
    ]);
  });

  test("is compared as far as it is listed", async () => {
    const site = await Site.make(web);
    const { warnings } = await site.restore({ inventory: { networks: ["ovirtmgmt"] } });
    expect(warnings).toEqual(["the inventory lists no vms: these were not compared"]);
  });

  test("lacks a network: its interface stays without it, where that is allowed", async () => {
    const site = await Site.make(web);
    const { actions } = await site.restore({
      options: { "allow-partial": true },
      inventory: { vms: [], networks: [] },
    });
    expect(actions[1]).toBe(
      "web01: left out network ovirtmgmt of interface nic1, which is missing",
    );
    const [restored = ""] = Object.values(site.restored());
    expect(restored).toContain("<rasd:Connection></rasd:Connection>");
  });

  test.each([
    ["{", "is not JSON"],
    [[], "the whole: Invalid input: expected object, received array"],
    [{ machines: [] }, '"machines" is not known'],
    [{ vms: [{ id: ovfId(1), name: "a" }, { id: 7 }] }, "vms[1].id: "],
    [{ vms: [{ id: ovfId(1) }] }, "vms[0].name: "],
    [{ disks: ["x"] }, "disks[0]: "],
    [{ networks: "x" }, "networks: "],
    [{ macs: ["56:6f:00:00:00"] }, "macs[0]: is no MAC address"],
  ])("is refused with the field that is wrong: %j", async (inventory, message) => {
    const site = await Site.make(web);
    expect(await site.refusal({ inventory })).toContain(message);
    expect(site.left()).toEqual([]);
  });

  test("may say more of machines and disks than is asked", async () => {
    const site = await Site.make(web);
    const vms = [{ id: ovfId(5), name: "x", status: "up" }];
    const { warnings } = await site.restore({ inventory: { vms, networks: ["ovirtmgmt"] } });
    expect(warnings).toEqual([]);
  });
});

describe("options", () => {
  test.each([
    [{ "no-owner": true }, 'there is no option "no-owner"'],
    [{ "reassign-bad-macs": true }, "reassign-bad-macs is for machines that are registered"],
    [{ suffix: "a\nb" }, 'option "suffix": must be text without control characters'],
  ])("that make no sense are refused: %j", async (options, message) => {
    const site = await Site.make(web);
    expect(await site.refusal({ options })).toBe(message);
  });
});
