import { formatBytes } from "../../format.ts";

/** Why one document is not taken; it never stops the others. */
export class BadDocument extends Error {
  static tooLarge(size: number): BadDocument {
    return new BadDocument(`it has ${formatBytes(size)}, more than any document of oVirt's`);
  }
}
