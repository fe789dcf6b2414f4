import { setTimeout as delay } from "node:timers/promises";
import { isSameOwner, markerText, parseMarker, refuseOthers } from "../marker.ts";
import { PlaceError, type Ownership } from "../provider.ts";
import type { Container } from "./container.ts";
import { Names } from "./names.ts";

/** Replacing a marker takes two requests. */
const claimSeconds = 30;
const patienceMs = 45_000;
const pauseMs = 200;

/** A container, or what begins with a prefix in it, with the marker that says whose it is. */
export class Place {
  readonly container: Container;
  readonly names: Names;

  constructor(container: Container, prefix: string | undefined) {
    this.container = container;
    this.names = new Names(prefix);
  }

  /** As people know it. */
  get title(): string {
    const { start } = this.names;
    const container = `the container "${this.container.name}"`;
    return start === "" ? container : `"${start}" in ${container}`;
  }

  /** Undefined where there is no marker, or no container. @throws PlaceError for one of a later version */
  async owner(): Promise<Ownership | undefined> {
    return await this.#read(this.names.marker);
  }

  /** @throws PlaceError where it is not marked as ours */
  async check(ownership: Ownership): Promise<void> {
    if (await this.#isMarked(ownership)) return;
    throw new PlaceError("unreachable", `${this.title} has no ${this.names.marker}`, {
      hint: "Are these the right settings? A container of lastgood has this object; without it nothing is read or written there.",
    });
  }

  /** Makes the container and marks the place as ours; changes nothing in one that is another's. */
  async initialise(ownership: Ownership): Promise<void> {
    if (await this.#isMarked(ownership)) return;
    const what = `${this.title} could not be made ready`;
    await this.container.client.ask({ method: "PUT", what });
    await this.#refuseOuter();
    await this.#refuseOthersThings();
    const body = Buffer.from(markerText(ownership));
    const headers = { "If-None-Match": "*", "Content-Type": "application/json" };
    const name = this.names.marker;
    await this.container.client.ask({ method: "PUT", name, headers, body, accepts: [412], what });
    await this.check(ownership);
  }

  /** Makes the place of one owner that of another. @throws PlaceError where it belongs to neither */
  async takeOver(from: Ownership, to: Ownership): Promise<void> {
    const found = await this.owner();
    if (found !== undefined && isSameOwner(found, to)) return;
    const what = `${this.title} could not be taken over`;
    const name = this.names.claim;
    await this.#claim(name, from, what);
    try {
      await this.check(from);
      const headers = { "Content-Type": "application/json" };
      const body = Buffer.from(markerText(to));
      await this.container.client.ask({
        method: "PUT",
        name: this.names.marker,
        headers,
        body,
        what,
      });
      await this.check(to);
    } finally {
      const asked = { method: "DELETE", name, accepts: [404], what } as const;
      await this.container.client.ask(asked).catch(() => undefined);
    }
  }

  /** Waits until nobody else replaces the marker. The claim of one who was ended goes by itself. */
  async #claim(name: string, from: Ownership, what: string): Promise<void> {
    const until = performance.now() + patienceMs;
    while (performance.now() < until) {
      await this.check(from);
      const headers = { "If-None-Match": "*", "X-Delete-After": String(claimSeconds) };
      const body = Buffer.from(from.marker);
      const asked = { method: "PUT", name, headers, body, accepts: [412], what } as const;
      const { status } = await this.container.client.ask(asked);
      if (status !== 412) return;
      await delay(pauseMs);
    }
    throw new PlaceError("foreign", `${this.title} is being taken over by somebody else`);
  }

  async #isMarked(ownership: Ownership): Promise<boolean> {
    const found = await this.owner();
    if (found === undefined) return false;
    refuseOthers(found, ownership, this.title, this.names.marker);
    return true;
  }

  async #read(marker: string): Promise<Ownership | undefined> {
    const what = `the marker of ${this.title} could not be read`;
    // Of all its copies the newest: an older one may name who owned it before.
    const headers = { "X-Newest": "true" };
    const asked = { method: "GET", name: marker, headers, accepts: [404], what } as const;
    const { status, body } = await this.container.client.ask(asked);
    return status === 404 ? undefined : parseMarker(body.toString(), `${marker} of ${this.title}`);
  }

  /** A place within another place would show as objects of that. */
  async #refuseOuter(): Promise<void> {
    const parts = this.names.start.split("/").slice(0, -1);
    for (const count of parts.keys()) {
      const outer = new Names(count === 0 ? undefined : parts.slice(0, count).join("/"));
      if ((await this.#read(outer.marker)) === undefined) continue;
      throw new PlaceError("foreign", `${this.title} lies within a place that keeps backups`, {
        hint: "Choose another container, or another prefix beside that one.",
      });
    }
  }

  async #refuseOthersThings(): Promise<void> {
    for await (const { name } of this.container.list(this.names.start, 2)) {
      // Of two who try at once one is faster; then the marker says who.
      if (name === this.names.marker) continue;
      throw new PlaceError(
        "foreign",
        `${this.title} has other things in it, such as ${JSON.stringify(name)}`,
        { hint: "Give an empty container, one that is yet to be made, or a prefix of its own." },
      );
    }
  }
}
