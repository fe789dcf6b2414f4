import { SaxesParser, type SaxesAttributeNS, type SaxesTagNS } from "saxes";
import { idIn, maxDocumentSize } from "../../ovf-store/read.ts";
import { decodeXml } from "./decode-xml.ts";
import { BadDocument } from "./bad-document.ts";

/** What is needed to list a document of oVirt's. */
export interface OvfDocument {
  /** Of the machine, in lower case. */
  readonly id: string;
  readonly kind: "vm" | "template";
  readonly name: string;
  /** How often the machine was changed, as far as that is said. */
  readonly generation: number | undefined;
  /** Of the data centre, as far as a disk says it. */
  readonly storagePoolId: string | undefined;
}

const ovfNamespace = /^http:\/\/schemas\.dmtf\.org\/ovf\/envelope\/1\/?$/;
const xsiNamespace = "http://www.w3.org/2001/XMLSchema-instance";
const nobody = "00000000-0000-0000-0000-000000000000";
/** Far more than any document has: each level takes memory. */
const mostLevels = 100;

/** Elements whose text is read, where they lie in one of these. */
const wanted: Readonly<Record<string, ReadonlySet<string>>> = {
  Name: new Set(["Content", "VirtualSystem"]),
  Generation: new Set(["Content", "VirtualSystem"]),
  StoragePoolId: new Set(["Item"]),
};

/**
 * Reads a whole document: to its last byte it must be XML. Elements that are not known are passed over,
 * nothing that a document type defines is expanded.
 *
 * @throws BadDocument with the reason
 */
export function parseDocument(bytes: Uint8Array): OvfDocument {
  if (bytes.length > maxDocumentSize) throw BadDocument.tooLarge(bytes.length);
  const reading = new Reading();
  const parser = new SaxesParser({ xmlns: true });
  let isWhole = false;
  parser.on("error", ({ message }) => {
    const reason = message.replace(/^(?<line>\d+):\d+: /, "line $<line>: ").replace(/\.$/, "");
    throw new BadDocument(`${isWhole ? "it is cut off" : "it is not XML"}: ${reason}`);
  });
  parser.on("doctype", () => {
    throw new BadDocument("it has a document type, which no document of oVirt's has");
  });
  parser.on("opentag", (tag) => reading.open(tag));
  parser.on("text", (text) => reading.add(text));
  parser.on("cdata", (text) => reading.add(text));
  parser.on("closetag", () => reading.close());
  const text = decodeXml(bytes);
  parser.write(text);
  isWhole = true;
  parser.close();
  return reading.document();
}

/** One pass through the elements of a document. */
class Reading {
  readonly #path: string[] = [];
  readonly #texts = new Map<string, string>();
  #text: string | undefined;
  #namespaces: readonly string[] = [];
  #osId: string | undefined;
  #systemId: string | undefined;
  #isTemplate = false;

  open(tag: SaxesTagNS): void {
    const parent = this.#path.at(-1);
    if (parent === undefined) this.#openRoot(tag);
    if (this.#path.length >= mostLevels) throw new BadDocument("its elements lie too deep");
    this.#note(tag);
    this.#text = parent !== undefined && wanted[tag.local]?.has(parent) === true ? "" : undefined;
    this.#path.push(tag.local);
  }

  add(text: string): void {
    if (this.#text !== undefined) this.#text += text;
  }

  close(): void {
    const name = this.#path.pop();
    const text = this.#text?.trim();
    this.#text = undefined;
    if (name === undefined || text === undefined || text === "" || text === nobody) return;
    if (!this.#texts.has(name)) this.#texts.set(name, text);
  }

  document(): OvfDocument {
    const id = this.#id();
    const name = this.#texts.get("Name");
    if (name === undefined) throw new BadDocument("it has no name of a machine");
    const generation = this.#texts.get("Generation");
    return {
      id,
      kind: this.#isTemplate ? "template" : "vm",
      name,
      generation: /^\d{1,15}$/.test(generation ?? "") ? Number(generation) : undefined,
      storagePoolId: this.#texts.get("StoragePoolId"),
    };
  }

  #note(tag: SaxesTagNS): void {
    if (tag.local === "VirtualSystem") this.#systemId ??= attributeOf(tag, "id");
    else if (tag.local === "TemplateType") this.#isTemplate = true;
    else if (isOsSection(tag)) this.#osId ??= attributeOf(tag, "id");
  }

  #openRoot({ local, uri, ns }: SaxesTagNS): void {
    if (local !== "Envelope" || !ovfNamespace.test(uri)) {
      throw new BadDocument("it is XML, and no OVF document");
    }
    this.#namespaces = Object.values(ns);
  }

  /** That of the operating system section or, of an OVA, of the system; others have numbers and names there. */
  #id(): string {
    const id = idIn(this.#osId);
    if (id !== undefined) return id;
    const maker = this.#foreignMaker();
    if (maker !== undefined) throw new BadDocument(`it was made by ${maker}, not by oVirt`);
    const systemId = idIn(this.#systemId);
    if (systemId !== undefined) return systemId;
    throw new BadDocument(
      this.#osId === undefined
        ? "it has no id of a machine"
        : "it was made by another program, not by oVirt: its id of a machine is none",
    );
  }

  #foreignMaker(): string | undefined {
    const has = (text: string): boolean => this.#namespaces.some((uri) => uri.includes(text));
    if (has("vmware.com/")) return "VMware";
    return has("virtualbox.org/") ? "VirtualBox" : undefined;
  }
}

function isOsSection(tag: SaxesTagNS): boolean {
  if (tag.local === "OperatingSystemSection") return true;
  if (tag.local !== "Section") return false;
  const type = attributesOf(tag).find(({ local, uri }) => local === "type" && uri === xsiNamespace);
  return type?.value.endsWith("OperatingSystemSection_Type") === true;
}

function attributeOf(tag: SaxesTagNS, name: string): string | undefined {
  return attributesOf(tag).find(({ local, uri }) => local === name && ovfNamespace.test(uri))
    ?.value;
}

function attributesOf({ attributes }: SaxesTagNS): readonly SaxesAttributeNS[] {
  return Object.values(attributes);
}
