/** Who makes a document, and so how it looks. */
export type OvfStyle =
  /** An engine since 4.3. */
  | "engine"
  /** One up to 4.2: the namespace without the final slash. */
  | "old-engine"
  /** An export of oVirt's as OVA. */
  | "ova"
  /** VMware: no document of oVirt's. */
  | "vmware";

export interface OvfDisk {
  /** Of the disk: an image group. */
  readonly id: string;
  /** Of the image; each snapshot of a disk has one. */
  readonly imageId: string;
  /** The image that it builds on. */
  readonly parentImageId?: string;
  readonly templateImageId?: string;
  readonly snapshotId?: string;
  readonly alias?: string;
  readonly storageId?: string;
  /** GiB. */
  readonly size?: number;
}

export interface OvfNic {
  readonly id: string;
  readonly mac: string;
  readonly network: string;
  readonly name?: string;
}

export interface OvfSnapshot {
  readonly id: string;
  readonly type?: "ACTIVE" | "REGULAR";
  readonly description?: string;
}

export interface OvfOptions {
  readonly id: string;
  readonly name: string;
  readonly style?: OvfStyle;
  /** Null for a document without one. */
  readonly generation?: number | null;
  readonly isTemplate?: boolean;
  /** Of the template that a machine was made from. */
  readonly templateId?: string;
  /** Of the data centre. */
  readonly storagePoolId?: string;
  readonly disks?: readonly OvfDisk[];
  readonly nics?: readonly OvfNic[];
  readonly snapshots?: readonly OvfSnapshot[];
  readonly description?: string;
  /** Elements that nobody knows, put into the content as they are. */
  readonly extra?: string;
}

export const nobody = "00000000-0000-0000-0000-000000000000";

/** An id as oVirt's, the same for the same number; `kind` keeps those of machines, disks … apart. */
export function ovfId(number: number, kind = 1): string {
  return `${digits(kind, 8)}-1111-4222-8333-${digits(number, 12)}`;
}

function digits(value: number, length: number): string {
  return value.toString(16).padStart(length, "0");
}

/** A machine as it commonly is: a disk, a NIC in `ovirtmgmt` and its active snapshot. */
export function commonMachine(number: number, options: Partial<OvfOptions> = {}): OvfOptions {
  return {
    id: ovfId(number),
    name: `vm${number}`,
    generation: 1,
    storagePoolId: ovfId(1, 9),
    disks: [{ id: ovfId(number, 2), imageId: ovfId(number, 3), snapshotId: ovfId(number, 4) }],
    nics: [{ id: ovfId(number, 5), mac: macOf(number), network: "ovirtmgmt" }],
    snapshots: [{ id: ovfId(number, 4), type: "ACTIVE" }],
    ...options,
  };
}

/** A MAC address of the range that oVirt takes by itself. */
export function macOf(number: number): string {
  const hex = number.toString(16).padStart(6, "0");
  return `56:6f:00:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4)}`;
}

/** An OVF document, whole and valid. */
export function makeOvf(options: OvfOptions): string {
  const style = options.style ?? "engine";
  if (style === "vmware") return vmwareOvf(options);
  return style === "ova" ? ovaOvf(options) : engineOvf(options, style);
}

/** Documents that nobody can restore, by what is wrong with them. */
export function brokenDocuments(good: OvfOptions): Readonly<Record<string, Buffer>> {
  const whole = makeOvf(good);
  return {
    empty: Buffer.alloc(0),
    "cut off": Buffer.from(whole.slice(0, whole.length / 2)),
    "no XML": Buffer.from("This is no XML at all.\n"),
    binary: Buffer.from(Array.from({ length: 2000 }, (_, index) => (index * 37) % 256)),
    zeros: Buffer.alloc(4096),
    "other XML": Buffer.from('<?xml version="1.0"?><domain type="kvm"><name>x</name></domain>'),
    "entity bomb": Buffer.from(
      whole
        .replace(
          "<ovf:Envelope",
          `<!DOCTYPE x [<!ENTITY a "${"ha".repeat(50)}"><!ENTITY b "${"&a;".repeat(50)}">` +
            `<!ENTITY c "${"&b;".repeat(50)}">]><ovf:Envelope`,
        )
        .replace(`<Name>${escapeXml(good.name)}`, "<Name>&c;"),
    ),
    "external entity": Buffer.from(
      whole
        .replace(
          "<ovf:Envelope",
          '<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><ovf:Envelope',
        )
        .replace(`<Name>${escapeXml(good.name)}`, "<Name>&f;"),
    ),
    "undefined entity": Buffer.from(whole.replace("<Description>", "<Description>&what;")),
    "wrong encoding": Buffer.from(
      whole.replace("<Description>", "<Description>M\u00fcller"),
      "latin1",
    ),
    "says UTF-16": Buffer.from(whole.replace("UTF-8", "UTF-16")),
    "unknown encoding": Buffer.from(whole.replace("UTF-8", "KLINGON-1")),
    "no id": Buffer.from(whole.replaceAll(`ovf:id="${good.id}"`, "")),
    "no name": Buffer.from(whole.replace(/<Name>[^<]*<\/Name>/, "")),
    "unbound prefix": Buffer.from(whole.replace(/ xmlns:rasd="[^"]*"/, "")),
    "too deep": Buffer.from(
      whole.replace("<Description>", `${"<a>".repeat(5000)}${"</a>".repeat(5000)}<Description>`),
    ),
  };
}

function engineOvf(options: OvfOptions, style: "engine" | "old-engine"): string {
  const { id, disks = [], nics = [], snapshots = [] } = options;
  const slash = style === "engine" ? "/" : "";
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<ovf:Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1${slash}" ${otherNamespaces} ovf:version="${style === "engine" ? "4.4.0.0" : "4.1.0.0"}">`,
    references(disks),
    `<Section xsi:type="ovf:NetworkSection_Type">${networks(nics)}</Section>`,
    `<Section xsi:type="ovf:DiskSection_Type">${diskList(disks)}</Section>`,
    '<Content ovf:id="out" xsi:type="ovf:VirtualSystem_Type">',
    general(options),
    `<Section ovf:id="${id}" ovf:required="false" xsi:type="ovf:OperatingSystemSection_Type"><Info>Guest Operating System</Info><Description>other_linux</Description></Section>`,
    `<Section xsi:type="ovf:VirtualHardwareSection_Type">${hardware(options, "InstanceId")}</Section>`,
    `<Section xsi:type="ovf:SnapshotsSection_Type">${snapshotList(snapshots)}</Section>`,
    "</Content></ovf:Envelope>",
  ].join("");
}

function ovaOvf(options: OvfOptions): string {
  const { id, disks = [], nics = [], snapshots = [] } = options;
  const uri = "http://schemas.dmtf.org/ovf/envelope/1";
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<ovf:Envelope xmlns:ovf="${uri}" ${otherNamespaces} xmlns="${uri}" xmlns:ovirt="http://www.ovirt.org/ovf" ovf:version="4.4.0.0">`,
    references(disks, true),
    `<NetworkSection>${networks(nics)}</NetworkSection>`,
    `<DiskSection>${diskList(disks, true)}</DiskSection>`,
    `<VirtualSystem ovf:id="${id}">`,
    general(options),
    '<OperatingSystemSection ovf:id="80" ovirt:id="24" ovf:required="false"><Info>Guest Operating System</Info><Description>rhel_8x64</Description></OperatingSystemSection>',
    `<VirtualHardwareSection>${hardware(options, "InstanceID")}</VirtualHardwareSection>`,
    `<SnapshotsSection>${snapshotList(snapshots)}</SnapshotsSection>`,
    "</VirtualSystem></ovf:Envelope>",
  ].join("\n");
}

function vmwareOvf({ name }: OvfOptions): string {
  const uri = "http://schemas.dmtf.org/ovf/envelope/1";
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<Envelope vmw:buildId="build-1" xmlns="${uri}" xmlns:ovf="${uri}" ${otherNamespaces} xmlns:vmw="http://www.vmware.com/schema/ovf">`,
    '  <References><File ovf:href="disk1.vmdk" ovf:id="file1" ovf:size="1024"/></References>',
    '  <DiskSection><Info>Disks</Info><Disk ovf:capacity="10" ovf:diskId="vmdisk1" ovf:fileRef="file1"/></DiskSection>',
    '  <NetworkSection><Info>Networks</Info><Network ovf:name="VM Network"/></NetworkSection>',
    `  <VirtualSystem ovf:id="${escapeXml(name)}"><Info>A virtual machine</Info><Name>${escapeXml(name)}</Name>`,
    '    <OperatingSystemSection ovf:id="94" vmw:osType="ubuntu64Guest"><Info>The guest</Info></OperatingSystemSection>',
    "    <VirtualHardwareSection><Info>Hardware</Info><System><vssd:VirtualSystemType>vmx-10</vssd:VirtualSystemType></System>",
    "      <Item><rasd:HostResource>ovf:/disk/vmdisk1</rasd:HostResource><rasd:InstanceID>9</rasd:InstanceID><rasd:ResourceType>17</rasd:ResourceType></Item>",
    "    </VirtualHardwareSection></VirtualSystem>",
    "</Envelope>",
  ].join("\n");
}

const otherNamespaces = [
  'xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData"',
  'xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData"',
  'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"',
].join(" ");

function general(options: OvfOptions): string {
  const { name, generation = 1, isTemplate = false, templateId = nobody, id } = options;
  return [
    `<Name>${escapeXml(name)}</Name>`,
    `<Description>${escapeXml(options.description ?? "")}</Description>`,
    "<CreationDate>2026/01/10 12:00:00</CreationDate><ExportDate>2026/01/10 13:00:00</ExportDate>",
    generation === null ? "" : `<Generation>${generation}</Generation>`,
    "<ClusterCompatibilityVersion>4.7</ClusterCompatibilityVersion><VmType>1</VmType><ClusterName>Default</ClusterName>",
    isTemplate
      ? `<TemplateId>${id}</TemplateId><TemplateType>TEMPLATE</TemplateType><BaseTemplateId>${id}</BaseTemplateId>`
      : `<TemplateId>${templateId}</TemplateId><TemplateName>${templateId === nobody ? "Blank" : "base"}</TemplateName>`,
    "<Origin>3</Origin>",
    options.extra ?? "",
  ].join("");
}

function references(disks: readonly OvfDisk[], isOva = false): string {
  const files = disks.map(
    ({ id, imageId, size = 10 }) =>
      `<File ovf:href="${isOva ? imageId : `${id}/${imageId}`}" ovf:id="${imageId}" ovf:size="${size * 2 ** 30}" ovf:description="Active VM" ovf:disk_storage_type="IMAGE"></File>`,
  );
  return `<References>${files.join("")}</References>`;
}

function networks(nics: readonly OvfNic[]): string {
  const names = [...new Set(nics.map(({ network }) => network))];
  const list = names.map((name) => `<Network ovf:name="${escapeXml(name)}"></Network>`);
  return `<Info>List of networks</Info>${list.join("")}`;
}

function diskList(disks: readonly OvfDisk[], isOva = false): string {
  const list = disks.map(
    ({ id, imageId, parentImageId = "", snapshotId = "", alias = "disk", size = 10 }) =>
      `<Disk ovf:diskId="${isOva ? id : imageId}" ovf:size="${size}" ovf:actual_size="1" ovf:vm_snapshot_id="${snapshotId}" ovf:parentRef="${parentImageId}" ovf:fileRef="${isOva ? imageId : `${id}/${imageId}`}" ovf:volume-format="COW" ovf:volume-type="Sparse" ovf:disk-interface="VirtIO_SCSI" ovf:boot="true" ovf:disk-alias="${escapeXml(alias)}"></Disk>`,
  );
  return `<Info>List of Virtual Disks</Info>${list.join("")}`;
}

function hardware(options: OvfOptions, instance: "InstanceId" | "InstanceID"): string {
  const { disks = [], nics = [], storagePoolId } = options;
  return [
    "<Info>1 CPU, 1024 Memory</Info><System><vssd:VirtualSystemType>ENGINE 4.4.0.0</vssd:VirtualSystemType></System>",
    item(rasd(instance, 1), rasd("ResourceType", 3), rasd("num_of_sockets", 1)),
    item(rasd(instance, 2), rasd("ResourceType", 4), rasd("VirtualQuantity", 1024)),
    ...disks.map((disk) =>
      item(
        rasd("Caption", disk.alias ?? "disk"),
        rasd(instance, disk.imageId),
        rasd("ResourceType", 17),
        rasd(
          "HostResource",
          instance === "InstanceID" ? `ovf:/disk/${disk.id}` : `${disk.id}/${disk.imageId}`,
        ),
        rasd("Parent", disk.parentImageId ?? nobody),
        rasd("Template", disk.templateImageId ?? nobody),
        rasd("ApplicationList", ""),
        rasd("StorageId", disk.storageId ?? ovfId(1, 8)),
        ...(storagePoolId === undefined ? [] : [rasd("StoragePoolId", storagePoolId)]),
        "<Type>disk</Type><Device>disk</Device><Alias></Alias>",
      ),
    ),
    ...nics.map((nic) =>
      item(
        rasd("Caption", `Ethernet adapter on ${nic.network}`),
        rasd(instance, nic.id),
        rasd("ResourceType", 10),
        rasd("OtherResourceType", nic.network),
        rasd("ResourceSubType", 3),
        rasd("Connection", nic.network),
        rasd("Linked", "true"),
        rasd("Name", nic.name ?? "nic1"),
        rasd("MACAddress", nic.mac),
        "<Type>interface</Type><Device>bridge</Device><Alias></Alias>",
      ),
    ),
    item(rasd(instance, 3), rasd("ResourceType", 23), rasd("UsbPolicy", "DISABLED")),
  ].join("");
}

function rasd(name: string, text: string | number): string {
  return `<rasd:${name}>${escapeXml(String(text))}</rasd:${name}>`;
}

function item(...elements: readonly string[]): string {
  return `<Item>${elements.join("")}</Item>`;
}

function snapshotList(snapshots: readonly OvfSnapshot[]): string {
  return snapshots
    .map(
      ({ id, type = "REGULAR", description = "" }) =>
        `<Snapshot ovf:id="${id}"><Type>${type}</Type><Description>${escapeXml(description)}</Description><CreationDate>2026/01/10 12:00:00</CreationDate></Snapshot>`,
    )
    .join("");
}

function escapeXml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
