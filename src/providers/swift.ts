import { readFile } from "node:fs/promises";
import { messageOf } from "../errors.ts";
import { resolveSecret } from "../secrets.ts";
import { PlaceError } from "./provider.ts";
import type { Capabilities, ProviderContext, ProviderType } from "./provider.ts";
import { SwiftClient } from "./swift/client.ts";
import { Container } from "./swift/container.ts";
import { Http } from "./swift/http.ts";
import { Place } from "./swift/place.ts";
import { Session } from "./swift/session.ts";
import { type SwiftSettings, swiftSettings } from "./swift/settings.ts";
import { SwiftProvider } from "./swift/swift-provider.ts";

const capabilities: Capabilities = { keeps: "any", layouts: ["pack"] };

/** A container of OpenStack Swift. */
export const swift: ProviderType<SwiftSettings> = {
  type: "swift",
  summary: "a container of OpenStack Swift",
  settings: swiftSettings,
  capabilities,
  initialise: (given, ownership, context) =>
    visiting(given, context, (place) => place.initialise(ownership)),
  owner: (given, context) => visiting(given, context, (place) => place.owner()),
  takeOver: (given, from, to, context) =>
    visiting(given, context, (place) => place.takeOver(from, to)),
  async open(given, ownership, context) {
    const { place, close } = await reach(given, context);
    try {
      await place.check(ownership);
    } catch (error) {
      close();
      throw error;
    }
    return new SwiftProvider({
      place,
      ownership,
      signal: context.signal,
      capabilities,
      segmentSize: given.segment_size,
      // A third, as Swift's own limit is most often that of the default: a minute.
      longestPauseMs: (given.timeout * 1000) / 3,
      close,
    });
  },
};

interface Reached {
  readonly place: Place;
  readonly close: () => void;
}

async function visiting<T>(
  given: SwiftSettings,
  context: ProviderContext,
  act: (place: Place) => Promise<T>,
): Promise<T> {
  const { place, close } = await reach(given, context);
  try {
    return await act(place);
  } finally {
    close();
  }
}

/** Nothing is sent yet. @throws UsageError where the secret is not there, PlaceError */
async function reach(given: SwiftSettings, { env, signal }: ProviderContext): Promise<Reached> {
  const key = await resolveSecret(given.key, env);
  const ca = given.ca_file === undefined ? undefined : await readCertificates(given.ca_file);
  const http = new Http({ timeoutMs: given.timeout * 1000, ca });
  const session = new Session(http, given, key);
  const { container, attempts } = given;
  const client = new SwiftClient({ http, session, container, attempts, signal });
  const place = new Place(new Container(client, container), given.prefix);
  return { place, close: () => http.close() };
}

async function readCertificates(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new PlaceError("failed", `the certificates of ca_file: ${messageOf(cause)}`, { cause });
  }
}
