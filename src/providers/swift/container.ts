import { z } from "zod";
import { PlaceError } from "../provider.ts";
import type { SwiftClient } from "./client.ts";

const page = z.array(
  z.object({ name: z.string(), bytes: z.number() }).or(z.object({ subdir: z.string() })),
);
/** Paths of segments begin with the container. */
const rawManifest = z.array(z.object({ path: z.string() }));

export interface Listed {
  readonly name: string;
  readonly size: number;
}

/** How many names one request asks for. */
const pageSize = 5000;
/** Requests at the same time where there is much to remove. */
const mostAtOnce = 4;

/** What lies in a container. */
export class Container {
  readonly client: SwiftClient;
  readonly name: string;

  constructor(client: SwiftClient, name: string) {
    this.client = client;
    this.name = name;
  }

  /** By another client, such as one for tidying. */
  by(client: SwiftClient): Container {
    return new Container(client, this.name);
  }

  /** Everything whose name begins so, in order of names, page by page. */
  async *list(prefix: string, limit: number = pageSize): AsyncGenerator<Listed> {
    let marker = "";
    for (;;) {
      const { body } = await this.client.ask({
        method: "GET",
        query: { format: "json", prefix, limit: String(limit), marker },
        what: `the container "${this.name}" could not be listed`,
      });
      const found = this.#parse(page, body);
      for (const each of found) {
        if ("name" in each) yield { name: each.name, size: each.bytes };
      }
      const last = found.at(-1);
      if (last === undefined) return;
      marker = "name" in last ? last.name : last.subdir;
    }
  }

  /** The segments of a large object; none where it is a plain one, undefined where it is not there. */
  async segmentsOf(name: string): Promise<readonly string[] | undefined> {
    const what = `"${name}" could not be looked at`;
    // Of all its copies the newest: an older one would name segments that are gone.
    const headers = { "X-Newest": "true" };
    const asked = { name, headers, what, accepts: [404] };
    const head = await this.client.ask({ method: "HEAD", ...asked });
    if (head.status === 404) return undefined;
    if (head.headers["x-static-large-object"] === undefined) return [];
    const query = { "multipart-manifest": "get", format: "raw" };
    const {
      status,
      headers: found,
      body,
    } = await this.client.ask({
      method: "GET",
      query,
      ...asked,
    });
    if (status === 404) return undefined;
    if (found["x-static-large-object"] === undefined) return [];
    return this.#parse(rawManifest, body).map(({ path }) => path.slice(`/${this.name}/`.length));
  }

  /** Removes an object itself, not its segments; one that is not there is no error. */
  async remove(name: string): Promise<void> {
    const what = `"${name}" could not be deleted`;
    await this.client.ask({ method: "DELETE", name, what, accepts: [404] });
  }

  async removeAll(names: readonly string[]): Promise<void> {
    for (let start = 0; start < names.length; start += mostAtOnce) {
      await Promise.all(names.slice(start, start + mostAtOnce).map((name) => this.remove(name)));
    }
  }

  contradiction(name: string): PlaceError {
    return new PlaceError("unreachable", `"${name}" is listed, but Swift does not find it`, {
      hint: "Servers that keep it may be away; try again later.",
    });
  }

  #parse<T>(schema: z.ZodType<T>, body: Buffer): T {
    const found = schema.safeParse(parseJson(body));
    if (found.success) return found.data;
    throw new PlaceError("failed", `the container "${this.name}": Swift's answer makes no sense`);
  }
}

/** Swift answers 204, with nothing, where there is nothing to list. */
function parseJson(body: Buffer): unknown {
  try {
    return body.length === 0 ? [] : JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
