import { randomBytes, randomUUID } from "node:crypto";
import { ProgramError } from "../../../errors.ts";

/** Where new ids and MAC addresses come from. */
export interface Supply {
  id(): string;
  mac(): string;
}

/** Random ones; addresses are of those that nobody is assigned: locally administered, for one receiver. */
export const randomSupply: Supply = {
  id: () => randomUUID(),
  mac: () => {
    const bytes = randomBytes(6);
    bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
    return bytes.toString("hex").replace(/..(?!$)/g, "$&:");
  },
};

/** Gives out each value once, and none that is in use already. */
export class Fresh {
  readonly #next: () => string;
  readonly #taken = new Set<string>();

  constructor(next: () => string) {
    this.#next = next;
  }

  avoid(values: Iterable<string>): void {
    for (const value of values) this.#taken.add(value);
  }

  take(): string {
    for (let attempt = 0; attempt < 1000; attempt += 1) {
      const value = this.#next();
      if (this.#taken.has(value)) continue;
      this.#taken.add(value);
      return value;
    }
    throw new ProgramError("there are no new ids or MAC addresses left");
  }
}
