import { isKey } from "../key.ts";
import { markerName } from "../marker.ts";

/** Where segments of large objects lie; no key has a part that starts with a dot. */
const aside = ".segments/";

const segment = /^(?<key>.+)\/\.(?<id>[0-9a-f]{16})\/\d{8}$/;

/** What objects and their segments are called in a container. */
export class Names {
  /** What all of them begin with: nothing, or the prefix of the settings and a slash. */
  readonly start: string;

  constructor(prefix: string | undefined) {
    this.start = prefix === undefined ? "" : `${prefix}/`;
  }

  get marker(): string {
    return this.start + markerName;
  }

  /** Whose turn it is to replace the marker. */
  get claim(): string {
    return `${this.start}.${markerName}`;
  }

  of(key: string): string {
    return this.start + key;
  }

  /** Undefined for the marker, for segments and for what is none of ours. */
  keyOf(name: string): string | undefined {
    const key = name.slice(this.start.length);
    return name.startsWith(this.start) && isKey(key) && key !== markerName ? key : undefined;
  }

  segment(key: string, id: string, number: number): string {
    return `${this.start}${aside}${key}/.${id}/${String(number).padStart(8, "0")}`;
  }

  /** What the names of segments begin with, of all objects whose keys begin so. */
  segmentsOf(prefix: string): string {
    return `${this.start}${aside}${prefix}`;
  }

  /** Which object a segment is of, and which upload of it; undefined for what is no segment. */
  partOf(name: string): { readonly key: string; readonly id: string } | undefined {
    if (!name.startsWith(this.segmentsOf(""))) return undefined;
    const { key, id } = segment.exec(name.slice(this.segmentsOf("").length))?.groups ?? {};
    return key !== undefined && id !== undefined && isKey(key) ? { key, id } : undefined;
  }
}
