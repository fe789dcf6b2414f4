import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../../src/sources/ovf/document.ts";
import { commonMachine, macOf, makeOvf, type OvfOptions, ovfId } from "../../../support/ovf.ts";
import { fresh, namesOf, Site } from "./support.ts";

const web = commonMachine(1, { name: "web01" });
const db = commonMachine(2, { name: "db01" });
describe("a machine that is imported", () => {
  test("is a copy with new ids and a new address, which are told old to new", async () => {
    const site = await Site.make(web, db);
    const { actions, bytes } = await site.restore({ pick: ["web01"] });
    const expected = makeOvf({
      ...web,
      id: fresh(1),
      disks: [{ id: fresh(2), imageId: fresh(3), snapshotId: fresh(4) }],
      nics: [{ id: fresh(5), mac: "02:00:00:00:00:01", network: "ovirtmgmt" }],
      snapshots: [{ id: fresh(4), type: "ACTIVE" }],
    });
    expect(site.restored()).toEqual({ [`${fresh(1)}.ovf`]: expected });
    expect(bytes).toBe(Buffer.byteLength(expected));
    expect(actions).toEqual([
      `web01: vm ${ovfId(1)} → ${fresh(1)}, disk ${ovfId(1, 2)} → ${fresh(2)}, ` +
        `image ${ovfId(1, 3)} → ${fresh(3)}, snapshot ${ovfId(1, 4)} → ${fresh(4)}, ` +
        `nic ${ovfId(1, 5)} → ${fresh(5)}, MAC ${macOf(1)} → 02:00:00:00:00:01`,
    ]);
  });

  test("several times has names, ids and addresses of its own each time", async () => {
    const site = await Site.make(web);
    const { actions } = await site.restore({ pick: [{ name: "web01", copies: 3 }] });
    const restored = site.restored();
    expect(namesOf(restored)).toEqual(["web01-1", "web01-2", "web01-3"]);
    const all = Object.values(restored).flatMap((text) => [
      ...new Set(text.match(/00000fff-[0-9a-f-]*|02:00:[0-9a-f:]*/g)),
    ]);
    expect(new Set(all).size).toBe(all.length);
    expect(all).toHaveLength(3 * 6);
    expect(actions[1]).toMatch(/^web01 → web01-2: vm /);
  });

  test.each([
    [1, ["web01-copy"]],
    [2, ["web01-copy1", "web01-copy2"]],
  ])("takes a suffix: %i", async (copies, names) => {
    const site = await Site.make(web);
    await site.restore({ pick: [{ name: "web01", copies }], options: { suffix: "-copy" } });
    expect(namesOf(site.restored())).toEqual(names);
  });

  test.each(["two words", "a:2", "größe 🦆", `a & b <c> "d" 'e'`, "..", "a/b", "-x"])(
    "is called as it was: %s",
    async (name) => {
      const site = await Site.make({ ...web, name });
      await site.restore({ pick: [{ name, copies: 2 }] });
      expect(namesOf(site.restored())).toEqual([`${name}-1`, `${name}-2`]);
    },
  );

  test("gets no id and no address that is in use", async () => {
    const site = await Site.make(
      commonMachine(1, {
        name: "web01",
        nics: [{ id: fresh(3), mac: "02:00:00:00:00:02", network: "n" }],
      }),
    );
    const inventory = {
      vms: [{ id: fresh(1), name: "other" }],
      disks: [{ id: fresh(2).toUpperCase() }],
      networks: ["n"],
      macs: ["02-00-00-00-00-01"],
    };
    const { actions } = await site.restore({ pick: ["web01"], inventory });
    expect(actions[0]).toContain(`→ ${fresh(4)}, `);
    for (const number of [1, 2, 3]) expect(actions[0]).not.toContain(`→ ${fresh(number)}`);
    expect(actions[0]).toContain("MAC 02:00:00:00:00:02 → 02:00:00:00:00:03");
  });

  test("without a pick all are restored, templates first", async () => {
    const template = commonMachine(9, { name: "base", isTemplate: true });
    const site = await Site.make(web, db, template);
    const { actions } = await site.restore();
    expect(actions.map((line) => line.split(":")[0])).toEqual(["base", "web01", "db01"]);
    expect(Object.keys(site.restored())).toHaveLength(3);
  });

  test("many at once are all restored", async () => {
    const machines = Array.from({ length: 40 }, (_, index) => commonMachine(index + 1));
    const site = await Site.make(...machines);
    await site.restore({ pick: machines.slice(0, 30).map(({ name }) => name) });
    expect(namesOf(site.restored()).toSorted()).toEqual(
      machines
        .slice(0, 30)
        .map(({ name }) => name)
        .toSorted(),
    );
  });

  test("that a store files under another id than its document says gets one new id", async () => {
    const site = await Site.make();
    await site.add(web, makeOvf({ ...web, id: ovfId(77) }));
    await site.restore({ pick: ["web01"] });
    const [[file, text]] = Object.entries(site.restored()) as [[string, string]];
    expect(file).toBe(`${parseDocument(Buffer.from(text)).id}.ovf`);
    expect(file).toBe(`${fresh(1)}.ovf`);
  });

  test("in another encoding says afterwards that it is in UTF-8", async () => {
    const site = await Site.make();
    const text = makeOvf({ ...web, description: "Müller" }).replace("UTF-8", "ISO-8859-1");
    await site.add(web, Buffer.from(text, "latin1"));
    await site.restore({ pick: ["web01"] });
    const [restored = ""] = Object.values(site.restored());
    expect(restored).toContain('encoding="UTF-8"');
    expect(restored).toContain("Müller");
  });
});

const ofTemplate = (text: string): string[] =>
  ["TemplateId", "rasd:Parent", "rasd:Template", "TemplateName"].map(
    (tag) => new RegExp(`<${tag}>([^<]*)`).exec(text)?.[1] ?? "",
  );
const templateOf = (text: string): string[] => {
  const image = /<File[^>]* ovf:id="([^"]*)"/.exec(text)?.[1] ?? "";
  const { id, name } = parseDocument(Buffer.from(text));
  return [id, image, image, name];
};

describe("a machine that builds on a template", () => {
  const template: OvfOptions = commonMachine(9, { name: "base", isTemplate: true });
  const thin: OvfOptions = commonMachine(1, {
    name: "web01",
    templateId: ovfId(9),
    disks: [
      {
        id: ovfId(1, 2),
        imageId: ovfId(1, 3),
        parentImageId: ovfId(9, 3),
        templateImageId: ovfId(9, 3),
        snapshotId: ovfId(1, 4),
      },
    ],
  });
  test("follows it where that is restored too", async () => {
    const site = await Site.make(template, thin);
    const { actions } = await site.restore({ pick: ["web01", "base"], options: { suffix: "-b" } });
    const [base = "", machine = ""] = Object.values(site.restored());
    expect(ofTemplate(machine)).toEqual(templateOf(base));
    expect(templateOf(base)[3]).toBe("base-b");
    expect(/<BaseTemplateId>([^<]*)/.exec(base)?.[1]).toBe(templateOf(base)[0]);
    expect(actions[1]).toContain(`parent ${ovfId(9, 3)} → ${templateOf(base)[1]}`);
    expect(actions[1]).toContain(`template ${ovfId(9)} → ${templateOf(base)[0]}`);
  });

  test("copy 2 follows copy 2, and where there is none the first", async () => {
    const site = await Site.make(template, thin);
    await site.restore({
      pick: [
        { name: "web01", copies: 3 },
        { name: "base", copies: 2 },
      ],
    });
    const [base1 = "", base2 = "", ...machines] = Object.values(site.restored());
    const bases = [base1, base2, base1].map(templateOf);
    expect(machines.map((text) => ofTemplate(text))).toEqual(bases);
  });

  test("stays with the old one where that is not restored, and says so", async () => {
    const site = await Site.make(template, thin);
    const { actions, warnings } = await site.restore({
      pick: ["web01"],
      inventory: { vms: [], networks: ["ovirtmgmt"] },
    });
    const [machine = ""] = Object.values(site.restored());
    expect(ofTemplate(machine)).toEqual([ovfId(9), ovfId(9, 3), ovfId(9, 3), "base"]);
    expect(actions[0]).toContain(`template ${ovfId(9)} stays`);
    expect(warnings).toEqual([`web01: its template ${ovfId(9)} neither exists nor is restored`]);
  });

  test("a disk that two machines share is one disk among their copies too", async () => {
    const shared = { id: ovfId(5, 2), imageId: ovfId(5, 3) };
    const site = await Site.make({ ...web, disks: [shared] }, { ...db, disks: [shared] });
    await site.restore();
    const disks = Object.values(site.restored()).map((text) => /diskId="([^"]*)"/.exec(text)?.[1]);
    expect(new Set(disks).size).toBe(1);
  });
});

describe("a machine that is registered", () => {
  const register = { register: true };

  test("is what it was, byte for byte", async () => {
    const site = await Site.make(web);
    const { actions } = await site.restore({ pick: ["web01"], options: register });
    expect(site.restored()).toEqual({ [`${web.id}.ovf`]: makeOvf(web) });
    expect(actions).toEqual([`web01: registered with its ids, vm ${web.id}`]);
  });

  test("may get another name", async () => {
    const site = await Site.make(web);
    const { actions } = await site.restore({ options: { ...register, suffix: "-old" } });
    expect(site.restored()).toEqual({
      [`${web.id}.ovf`]: makeOvf({ ...web, name: "web01-old" }),
    });
    expect(actions[0]).toMatch(/^web01 → web01-old: registered with its ids/);
  });

  test("is refused more than once", async () => {
    const site = await Site.make(web);
    expect(await site.refusal({ pick: [{ name: "web01", copies: 2 }], options: register })).toBe(
      "web01 cannot be registered more than once",
    );
  });

  test("is refused where its id or its disks exist", async () => {
    const site = await Site.make(web);
    const inventory = {
      vms: [{ id: web.id.toUpperCase(), name: "web" }],
      disks: [{ id: ovfId(1, 2) }],
      networks: ["ovirtmgmt"],
      macs: [],
    };
    expect((await site.refusal({ options: register, inventory })).split("\n")).toEqual([
      "nothing was restored:",
      `web01: The id ${web.id} exists already, as "web". Please import as a clone.`,
      `web01: The following disks already exist: ${ovfId(1, 2)}. Please import as a clone.`,
    ]);
    // As the message says.
    await site.restore({ inventory });
  });

  test("takes disks that lie on storage and belong to nothing", async () => {
    const site = await Site.make(web);
    const disks = [{ id: ovfId(1, 2), registered: false }];
    const { warnings } = await site.restore({
      options: register,
      inventory: { vms: [], disks, networks: ["ovirtmgmt"], macs: [] },
    });
    expect(warnings).toEqual([]);
  });

  test("with disks that are missing is refused, or restored without them, and that is told", async () => {
    const site = await Site.make(web);
    const inventory = { vms: [], disks: [], networks: ["ovirtmgmt"], macs: [] };
    expect(await site.refusal({ options: register, inventory })).toBe(
      `web01: The following disks are missing: ${ovfId(1, 2)}.`,
    );
    const { actions } = await site.restore({
      options: { ...register, "allow-partial": true },
      inventory,
    });
    expect(actions[1]).toBe(`web01: left out disk ${ovfId(1, 2)}, which is missing`);
    const [restored = ""] = Object.values(site.restored());
    expect(restored).not.toContain(ovfId(1, 2));
  });

  test("keeps its addresses unless they are in use, and gets others only where asked", async () => {
    const broadcast = { id: ovfId(2, 5), mac: "ff:ff:ff:ff:ff:ff", network: "n" };
    const site = await Site.make(
      { ...web, nics: [{ id: ovfId(1, 5), mac: macOf(1), network: "n" }, broadcast] },
      { ...db, nics: [{ id: ovfId(2, 5), mac: macOf(3), network: "n" }] },
      commonMachine(3, { nics: [{ id: ovfId(3, 5), mac: macOf(3), network: "n" }] }),
    );
    const inventory = { vms: [], networks: ["n"], macs: [macOf(1).toUpperCase()] };
    expect((await site.refusal({ options: register, inventory })).split("\n").slice(1)).toEqual([
      `web01: These MAC addresses are in use or cannot be: ${macOf(1)}, ff:ff:ff:ff:ff:ff.`,
      `vm3: These MAC addresses are in use or cannot be: ${macOf(3)}.`,
    ]);
    const { actions } = await site.restore({
      options: { ...register, "reassign-bad-macs": true },
      inventory,
    });
    expect(actions).toEqual([
      `web01: registered with its ids, vm ${web.id}, MAC ${macOf(1)} → 02:00:00:00:00:01, MAC ff:ff:ff:ff:ff:ff → 02:00:00:00:00:02`,
      `db01: registered with its ids, vm ${db.id}`,
      `vm3: registered with its ids, vm ${ovfId(3)}, MAC ${macOf(3)} → 02:00:00:00:00:03`,
    ]);
    expect(site.restored()[`${db.id}.ovf`]).toContain(macOf(3));
  });
});
