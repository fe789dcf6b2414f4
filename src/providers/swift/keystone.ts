import type { IncomingMessage } from "node:http";
import { z } from "zod";
import { PlaceError } from "../provider.ts";
import type { Access } from "./session.ts";
import type { SwiftSettings } from "./settings.ts";

const endpoint = z.object({ interface: z.string(), region: z.string().nullish(), url: z.string() });
const answer = z.object({
  token: z.object({
    expires_at: z.string(),
    catalog: z.array(z.object({ type: z.string(), endpoints: z.array(endpoint) })),
  }),
});

/** How Keystone v3 is asked for a token. */
export function tokenRequest(
  settings: SwiftSettings,
  key: string,
): { method: string; url: URL; headers: Readonly<Record<string, string>>; body: Buffer } {
  return {
    method: "POST",
    url: new URL(`${settings.auth_url.replace(/\/+$/, "")}/auth/tokens`),
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    body: Buffer.from(JSON.stringify({ auth: authOf(settings, key) })),
  };
}

/** @throws PlaceError where the user has no place for objects in the catalogue */
export function accessOf(
  headers: IncomingMessage["headers"],
  body: Buffer,
  { auth_url, region }: Pick<SwiftSettings, "auth_url" | "region">,
): Access {
  const token = headers["x-subject-token"];
  const found = answer.safeParse(parse(body));
  if (typeof token !== "string" || !found.success) {
    throw new PlaceError("failed", `what ${auth_url} answered is not a token of Keystone v3`, {
      hint: "Check the setting auth_url; for Auth v1 set auth_version=1.",
    });
  }
  const { catalog, expires_at } = found.data.token;
  const endpoints = catalog
    .filter(({ type }) => type === "object-store")
    .flatMap((service) => service.endpoints)
    .filter((each) => each.interface === "public");
  const chosen = endpoints.find((each) => region === undefined || each.region === region);
  if (chosen === undefined || !URL.canParse(chosen.url)) {
    const known = endpoints.map((each) => each.region).join(", ");
    throw new PlaceError("failed", `the catalogue of ${auth_url} has no object-store to use`, {
      hint: known === "" ? "The project has to have one." : `Its regions are: ${known}.`,
    });
  }
  const expiresAt = Date.parse(expires_at);
  return {
    storageUrl: chosen.url.replace(/\/+$/, ""),
    token,
    expiresAt: Number.isNaN(expiresAt) ? Infinity : expiresAt,
  };
}

function authOf(settings: SwiftSettings, key: string): object {
  const { application_credential_id: id, user, project } = settings;
  if (id !== undefined) {
    const credential = { id, secret: key };
    return {
      identity: { methods: ["application_credential"], application_credential: credential },
    };
  }
  const domain = { name: settings.user_domain ?? "Default" };
  return {
    identity: {
      methods: ["password"],
      password: { user: { name: user, domain, password: key } },
    },
    scope: { project: { name: project, domain: { name: settings.project_domain ?? "Default" } } },
  };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
