import { hash } from "node:crypto";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { backUpOvf } from "../../../src/sources/ovf/back-up.ts";
import { decodeOvf } from "../../../src/sources/ovf/decode.ts";
import { rehearseOvf } from "../../../src/sources/ovf/rehearse.ts";
import { usePlace } from "../../backup/support.ts";
import { brokenDocuments, commonMachine, makeOvf, ovfId } from "../../support/ovf.ts";
import { MemoryCopy, runContext, type TestContext } from "../files/support.ts";
import { writeDocuments } from "./support.ts";

const place = usePlace();
let copy: MemoryCopy;
let context: TestContext;

beforeEach(async () => {
  const path = await writeDocuments(place, {
    "DC1/web.ovf": commonMachine(1, { name: "web" }),
    "DC1/twin.ovf": commonMachine(2, { name: "web", style: "old-engine" }),
    "DC2/web.ovf": commonMachine(3, { name: "web", style: "ova" }),
    "DC2/base.ovf": commonMachine(4, { isTemplate: true }),
    // One MAC address twice: one of them gets a new one.
    "DC2/mac.ovf": commonMachine(5, { nics: commonMachine(1).nics ?? [] }),
  });
  context = await runContext(place.folder);
  copy = new MemoryCopy();
  copy.body = await backUpOvf({ settings: { path }, sink: copy, context, excludeTables: [] });
});

/** Puts other bytes in the place of a machine's document, as if it had been stored so. */
function replaceDocument(number: number, bytes: Buffer): void {
  const { content } = copy.entry(`${ovfId(number)}.ovf`);
  const sha256 = hash("sha256", bytes, "hex");
  copy.contents.set(sha256, bytes);
  Object.assign(content ?? {}, { size: bytes.length, sha256 });
}

describe("level decode", () => {
  test("finds nothing in what is well", async () => {
    expect(await decodeOvf(copy, context)).toEqual([]);
  });

  test.for(Object.entries(brokenDocuments(commonMachine(1))))(
    "finds a document that is bad: %s",
    async ([, bytes]) => {
      replaceDocument(1, bytes);
      const [finding, ...more] = await decodeOvf(copy, context);
      expect(finding).toMatchObject({ result: "corrupt", what: `${ovfId(1)}.ovf` });
      expect(more).toEqual([]);
    },
  );

  test.for([
    ["another machine's", commonMachine(9)],
    ["a template's", commonMachine(1, { isTemplate: true })],
  ] as const)("finds a document that is %s", async ([, options]) => {
    replaceDocument(1, Buffer.from(makeOvf(options)));
    expect(await decodeOvf(copy, context)).toMatchObject([
      { result: "corrupt", reason: expect.stringContaining("it is the document of") as string },
    ]);
  });

  test("finds a machine that is listed and has no document, and one that is not listed", async () => {
    const [first, second] = copy.body.items;
    copy.body = { ...copy.body, items: copy.body.items.filter((item) => item !== second) };
    copy.list.splice(0, 1);
    const path = String(first?.details?.["path"]);
    expect(await decodeOvf(copy, context)).toEqual([
      {
        result: "corrupt",
        what: `${ovfId(2)}.ovf`,
        reason: `it is the document of vm ${ovfId(2)}`,
      },
      { result: "missing", what: path, reason: "it is listed, and not there" },
    ]);
  });
});

describe("level restore", () => {
  test("restores every machine in both ways, and leaves nothing behind", async () => {
    expect(await rehearseOvf(copy, context)).toEqual([]);
    expect(await readdir(context.scratchFolder)).toEqual([]);
  });

  test("finds what decoding finds", async () => {
    replaceDocument(4, Buffer.from("no XML"));
    expect(await rehearseOvf(copy, context)).toMatchObject([{ result: "corrupt" }]);
  });

  test("says so where it could not be tried", async () => {
    const folder = join(context.scratchFolder, "rehearsal");
    await mkdir(folder);
    await writeFile(join(folder, "file"), "");
    const [finding] = await rehearseOvf(copy, context);
    expect(finding).toMatchObject({ result: "could_not_check", what: "memory" });
  });
});
