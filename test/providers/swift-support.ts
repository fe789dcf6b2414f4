import { randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { expect, onTestFinished } from "vitest";
import { swift } from "../../src/providers/swift.ts";
import { startHttpProxy, type HttpProxy } from "../support/http-proxy.ts";
import type { Swift } from "../support/swift.ts";
import { openPlace, type OpenPlace, type Place } from "./place.ts";

/** A container of its own, with small segments, behind a proxy that does harm where it is told to. */
export interface Rig extends OpenPlace {
  readonly proxy: HttpProxy;
  readonly place: Place;
  /** Everything in the container, as Swift lists it, without the marker. */
  readonly names: () => Promise<string[]>;
  /** Goes past the proxy and the provider. */
  readonly raw: (method: string, name: string, body?: string) => Promise<Response>;
}

export const segmentSize: number = 100_000;

export function placeIn(real: Swift, more: Readonly<Record<string, unknown>> = {}): Place {
  const { authUrl, user, key } = real;
  const container = randomUUID();
  const settings = { auth_url: authUrl, user, key: "secret:swift_key", container, ...more };
  return { settings, env: { LASTGOOD_SECRET_SWIFT_KEY: key }, missesWhatIsReplaced: true };
}

export async function rig(
  real: Swift,
  more: Readonly<Record<string, unknown>> = {},
  signal?: AbortSignal,
): Promise<Rig> {
  const proxy = await startHttpProxy(real);
  onTestFinished(() => proxy.stop());
  const auth_url = `${proxy.url}/auth/v1.0`;
  const few = { segment_size: segmentSize, timeout: 1, attempts: 2 };
  const place = placeIn(real, { auth_url, ...few, ...more });
  const raw = await rawAccess(real, String(place.settings["container"]));
  const names = async (): Promise<string[]> => {
    const text = await (await raw("GET", "")).text();
    return text.split("\n").filter((name) => name !== "" && !name.endsWith("-provider.json"));
  };
  return { proxy, place, raw, names, ...(await openPlace(swift, place, signal)) };
}

export async function rawAccess(real: Swift, container: string): Promise<Rig["raw"]> {
  const headers = { "X-Auth-User": real.user, "X-Auth-Key": real.key };
  const auth = await fetch(real.authUrl, { headers });
  const token = auth.headers.get("x-auth-token") ?? "";
  return async (method, name, body) =>
    await fetch(`${real.storageUrl}/${container}/${name}`, {
      method,
      headers: { "X-Auth-Token": token },
      ...(body === undefined ? {} : { body }),
    });
}

/** The error of something that has to fail; nothing of it tells a key or a token. */
export async function failure(
  promise: Promise<unknown>,
  { proxy }: Pick<Rig, "proxy">,
): Promise<unknown> {
  const error = await promise.then(
    () => new Error("it did not fail"),
    (thrown: unknown) => thrown,
  );
  const told = inspect(error, { depth: 20, showHidden: true });
  const tokens = proxy.seen.flatMap(({ headers }) => headers["x-auth-token"] ?? []);
  for (const secret of ["testing", ...tokens]) expect(told).not.toContain(secret);
  return error;
}
