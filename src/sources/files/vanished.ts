import { showPath } from "../../byte-path.ts";

const most = 20;

/** What went away while a folder was read: no failure, but people should know. */
export class Vanished {
  readonly #warn: (text: string) => void;
  #count = 0;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  add(path: string): void {
    this.#count += 1;
    if (this.#count <= most) this.#warn(`${showPath(path)} vanished while the folder was read`);
  }

  /** Says how many more there were than were named. */
  sum(): void {
    if (this.#count > most) this.#warn(`${this.#count - most} more entries vanished`);
  }
}
