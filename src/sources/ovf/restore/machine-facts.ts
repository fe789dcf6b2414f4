import { nestedOf } from "./nested.ts";
import { attributeOf, type Element, readPlaces, valueOf, walk } from "./places.ts";
import { idsIn, macOf } from "./tokens.ts";

export type IdKind = "vm" | "disk" | "image" | "snapshot" | "nic";

/** What restoring a machine has to know of its document; ids and MAC addresses are in lower case. */
export interface MachineFacts {
  /** The ids that are its own, in snapshots too. */
  readonly ids: ReadonlyMap<string, IdKind>;
  /** Ids of whatever else it names. */
  readonly references: ReadonlySet<string>;
  /** With the images of each. */
  readonly disks: ReadonlyMap<string, readonly string[]>;
  readonly nics: readonly Nic[];
  /** Those of its interfaces, in snapshots too. */
  readonly macs: readonly string[];
  readonly template: string | undefined;
  /** Configurations of snapshots that nobody can read. */
  readonly unreadable: number;
}

export interface Nic {
  readonly name: string;
  readonly network: string | undefined;
  /** As it is written. */
  readonly mac: string | undefined;
}

interface Found {
  readonly ids: Map<string, IdKind>;
  readonly tokens: Set<string>;
  readonly macs: Set<string>;
  unreadable: number;
}

/** @throws SyntaxError for what is no XML */
export function factsOf(text: string): MachineFacts {
  const root = readPlaces(text);
  const system = systemOf(root);
  const found: Found = { ids: new Map(), tokens: new Set(), macs: new Set(), unreadable: 0 };
  collect(root, found);
  const references = new Set([...found.tokens].filter((id) => !found.ids.has(id)));
  const [template] = idsIn(system && valueOf(system, "TemplateId"));
  return {
    ids: found.ids,
    references,
    disks: disksOf(root),
    nics: [...walk(root)].filter(isNic).map(nicOf),
    macs: [...found.macs],
    template: template !== undefined && references.has(template) ? template : undefined,
    unreadable: found.unreadable,
  };
}

/** The element that is the machine, in either style. */
export function systemOf(root: Element): Element | undefined {
  return root.children.find(({ name }) => name === "Content" || name === "VirtualSystem");
}

export function isNic(element: Element): boolean {
  return resourceOf(element) === "10";
}

/** The ids by which a disk is named where it is described; none for elements of other kinds. */
export function ownIdsOfDisk(element: Element): string[] {
  if (element.name === "File") {
    return idsIn(`${attributeOf(element, "href")} ${attributeOf(element, "id")}`);
  }
  if (element.name === "Disk") {
    return idsIn(`${attributeOf(element, "fileRef")} ${attributeOf(element, "diskId")}`);
  }
  return resourceOf(element) === "17"
    ? idsIn(`${valueOf(element, "HostResource")} ${instanceOf(element)}`)
    : [];
}

/** Whether people write it for people: ids in it are words like any other. */
export function isProse(name: string): boolean {
  return prose.has(name);
}

const prose = new Set([
  "Name",
  "Description",
  "Comment",
  "Caption",
  "Info",
  "Annotation",
  "TemplateName",
  "OriginalTemplateName",
  "ClusterName",
  "ElementName",
  "disk-alias",
  "disk-description",
  "description",
]);

function resourceOf(element: Element): string | undefined {
  return element.name.endsWith("Item") ? valueOf(element, "ResourceType")?.trim() : undefined;
}

function instanceOf(element: Element): string | undefined {
  return valueOf(element, "InstanceId") ?? valueOf(element, "InstanceID");
}

function nicOf(element: Element): Nic {
  return {
    name: valueOf(element, "Name") ?? valueOf(element, "ElementName") ?? "",
    network: valueOf(element, "Connection"),
    mac: valueOf(element, "MACAddress"),
  };
}

function collect(root: Element, found: Found): void {
  const elements = [...walk(root)];
  // What disks say of themselves tells whether an id elsewhere is that of a disk or of an image.
  for (const element of elements) if (element.name === "Disk") addDisk(element, found.ids);
  for (const element of elements) {
    addOwn(element, found.ids);
    if (isNic(element)) addMac(element, found.macs);
    addTokens(element, found.tokens);
    if (element.name === "VmConfiguration") collectNested(element, found);
  }
}

function collectNested({ content }: Element, found: Found): void {
  if (content === undefined || content.value.trim() === "") return;
  const nested = nestedOf(content.value);
  if (nested === undefined) found.unreadable += 1;
  else collect(readPlaces(nested.text), found);
}

function add(ids: Map<string, IdKind>, id: string | undefined, kind: IdKind): void {
  if (id !== undefined && !ids.has(id)) ids.set(id, kind);
}

function addDisk(element: Element, ids: Map<string, IdKind>): void {
  const { disk, image } = partsOfDisk(element);
  add(ids, disk, "disk");
  add(ids, image, "image");
}

/** Files are named `disk/image`, or after the image alone; a LUN has no image. */
function partsOfDisk(element: Element): { readonly disk?: string; readonly image?: string } {
  const [id] = idsIn(attributeOf(element, "diskId"));
  const [first, second] = idsIn(attributeOf(element, "fileRef"));
  if (first !== undefined && second !== undefined) return { disk: first, image: second };
  const disk = id ?? first;
  if (disk === undefined) return {};
  return first === undefined || first === disk ? { disk } : { disk, image: first };
}

function addOwn(element: Element, ids: Map<string, IdKind>): void {
  const [id] = idsIn(attributeOf(element, "id"));
  if (isSystem(element)) add(ids, id, "vm");
  else if (element.name === "Nic") add(ids, id, "nic");
  else if (element.name === "Snapshot") addSnapshot(element, id, ids);
  else if (element.name === "Disk")
    add(ids, idsIn(attributeOf(element, "vm_snapshot_id"))[0], "snapshot");
  else if (isNic(element)) add(ids, idsIn(instanceOf(element))[0], "nic");
  else addImages(element, ids);
}

/** The id of a machine is that of its operating system; in OVA style that is a number. */
function isSystem(element: Element): boolean {
  const { name } = element;
  if (name === "VirtualSystem" || name === "OperatingSystemSection") return true;
  return (
    name === "Section" &&
    attributeOf(element, "type")?.endsWith("OperatingSystemSection_Type") === true
  );
}

function addImages(element: Element, ids: Map<string, IdKind>): void {
  const own = ownIdsOfDisk(element);
  const isLun = attributeOf(element, "disk_storage_type") === "LUN";
  const [first, second] = own;
  const isPair = first !== undefined && second !== undefined && first !== second;
  if (isLun || isPair) add(ids, first, "disk");
  for (const id of own) add(ids, id, "image");
}

function addSnapshot(element: Element, id: string | undefined, ids: Map<string, IdKind>): void {
  add(ids, id, "snapshot");
  for (const child of element.children) {
    if (!child.name.startsWith("Memory")) continue;
    const named = idsIn(child.content?.value);
    // Storage domain and pool, then disk and image twice; or the id of a disk.
    const volumes = named.length === 6 ? named.slice(2) : named;
    const isPair = named.length === 6;
    for (const [index, volume] of volumes.entries()) {
      add(ids, volume, isPair && index % 2 === 1 ? "image" : "disk");
    }
  }
}

function addMac(element: Element, macs: Set<string>): void {
  // Foreign documents have it as the address.
  for (const name of ["MACAddress", "Address"]) {
    const mac = macOf(valueOf(element, name));
    if (mac !== undefined) macs.add(mac);
  }
}

function addTokens(element: Element, tokens: Set<string>): void {
  for (const { name, value } of element.attributes) {
    if (!isProse(name)) for (const id of idsIn(value)) tokens.add(id);
  }
  if (!isProse(element.name)) for (const id of idsIn(element.content?.value)) tokens.add(id);
}

function disksOf(root: Element): Map<string, string[]> {
  const disks = new Map<string, string[]>();
  for (const element of walk(root)) {
    if (element.name !== "Disk") continue;
    const { disk, image } = partsOfDisk(element);
    if (disk === undefined) continue;
    disks.set(disk, [...(disks.get(disk) ?? []), ...(image === undefined ? [] : [image])]);
  }
  return disks;
}
