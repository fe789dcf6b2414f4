import { describe, expect, test } from "vitest";
import { parseDocument } from "../../../src/sources/ovf/document.ts";
import {
  brokenDocuments,
  commonMachine,
  makeOvf,
  nobody,
  ovfId,
  type OvfOptions,
  type OvfStyle,
} from "../../support/ovf.ts";

function parse(options: OvfOptions): ReturnType<typeof parseDocument> {
  return parseDocument(Buffer.from(makeOvf(options)));
}

test.for<OvfStyle>(["engine", "old-engine", "ova"])(
  "a document in the form %s says which machine it is",
  (style) => {
    expect(parse(commonMachine(7, { style, name: "web <1> & co", generation: 42 }))).toEqual({
      id: ovfId(7),
      kind: "vm",
      name: "web <1> & co",
      generation: 42,
      storagePoolId: ovfId(1, 9),
    });
  },
);

test("an OVA whose operating system section has the id is taken, too", () => {
  const text = makeOvf(commonMachine(7, { style: "ova" })).replace(
    '<OperatingSystemSection ovf:id="80"',
    `<OperatingSystemSection ovf:id="${ovfId(8)}"`,
  );
  expect(parseDocument(Buffer.from(text)).id).toBe(ovfId(8));
});

test("a template is one", () => {
  expect(parse(commonMachine(7, { isTemplate: true })).kind).toBe("template");
});

test("ids are in lower case, whatever the document has", () => {
  const id = "ABCDEF00-1111-4222-8333-000000000001";
  expect(parse(commonMachine(7, { id })).id).toBe(id.toLowerCase());
});

test.for([
  ["no generation", commonMachine(7, { generation: null })],
  ["a diskless machine", commonMachine(7, { disks: [] })],
  ["a disk of no data centre", commonMachine(7, { storagePoolId: nobody })],
] as const)("what a document does not say is not known: %s", ([, options]) => {
  const { generation, storagePoolId } = parse(options);
  expect([generation, storagePoolId]).toContain(undefined);
});

test("elements that nobody knows are passed over", () => {
  const extra =
    "<Future xmlns:x='urn:x' x:a='1'><Name>no</Name><x:Generation>9</x:Generation></Future>";
  expect(parse(commonMachine(7, { extra }))).toMatchObject({ name: "vm7", generation: 1 });
});

test("the name may come after what lies in the content, and of several the first counts", () => {
  const text = makeOvf(commonMachine(7))
    .replace("<Name>vm7</Name>", "")
    .replace("</Content>", "<Name>late</Name><Name>later</Name></Content>");
  expect(parseDocument(Buffer.from(text)).name).toBe("late");
});

test.for([
  ["a byte order mark", "\ufeff", "utf8"],
  ["UTF-16", "\ufeff", "utf16le"],
] as const)("a document with %s is read", ([, before, encoding]) => {
  const text =
    before +
    makeOvf(commonMachine(7, { name: "Zürich" })).replace(
      "UTF-8",
      encoding === "utf8" ? "UTF-8" : "UTF-16",
    );
  expect(parseDocument(Buffer.from(text, encoding)).name).toBe("Zürich");
});

test("a document in Latin-1 that says so is read", () => {
  const text = makeOvf(commonMachine(7, { name: "Zürich" })).replace("UTF-8", "ISO-8859-1");
  expect(parseDocument(Buffer.from(text, "latin1")).name).toBe("Zürich");
});

describe("what is bad has a reason", () => {
  const reasons: Readonly<Record<string, string | RegExp>> = {
    empty: "it is empty",
    "cut off": /^it is cut off: line 1: /,
    "no XML": /^it is not XML: line 2: /,
    binary: "it is not text in UTF-8",
    zeros: /^it is not XML: line 1: /,
    "other XML": "it is XML, and no OVF document",
    "entity bomb": "it has a document type, which no document of oVirt's has",
    "external entity": "it has a document type, which no document of oVirt's has",
    "undefined entity": /^it is not XML: line 1: undefined entity/,
    "wrong encoding": "it is not text in UTF-8",
    "says UTF-16": "it says that it is text in UTF-16, and is not",
    "unknown encoding": "it is not text in KLINGON-1",
    "no id": "it has no id of a machine",
    "no name": "it has no name of a machine",
    "unbound prefix": /^it is not XML: line 1: unbound namespace prefix/,
    "too deep": "its elements lie too deep",
  };

  test.for(Object.entries(brokenDocuments(commonMachine(7))))("%s", ([what, bytes]) => {
    const reason = reasons[what];
    expect(reason).toBeDefined();
    expect(() => parseDocument(bytes)).toThrow(
      typeof reason === "string" ? new RegExp(`^${reason}$`) : reason,
    );
  });

  test.for([
    [
      "VMware",
      makeOvf({ id: "", name: "esx", style: "vmware" }),
      "it was made by VMware, not by oVirt",
    ],
    [
      "VMware, with a machine that has an id",
      makeOvf({ id: "", name: ovfId(7), style: "vmware" }),
      "it was made by VMware, not by oVirt",
    ],
    [
      "others",
      makeOvf({ id: "", name: "esx", style: "vmware" }).replaceAll(
        "http://www.vmware.com/",
        "urn:",
      ),
      "it was made by another program, not by oVirt: its id of a machine is none",
    ],
    [
      "a namespace that is none of OVF",
      makeOvf(commonMachine(7)).replace("envelope/1/", "envelope/7/"),
      "it is XML, and no OVF document",
    ],
  ])("made by %s", ([, text = "", reason]) => {
    expect(() => parseDocument(Buffer.from(text))).toThrow(reason);
  });

  test("one of more than 16 MiB", () => {
    const text = makeOvf(commonMachine(7, { description: "x".repeat(16 * 1024 * 1024) }));
    expect(() => parseDocument(Buffer.from(text))).toThrow(
      "it has 16.8 MB, more than any document",
    );
  });
});
