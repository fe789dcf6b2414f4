import { existsSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { freePort } from "../../src/server/ports.ts";
import { waitFor } from "./wait.ts";
import { startSwift, startUntilStopped, whyNoSwift } from "./swift.ts";

/** A real Swift that takes the tokens of a real Keystone. */
export interface KeystoneSwift {
  /** Ends in /v3. */
  readonly authUrl: string;
  readonly user: string;
  readonly password: string;
  readonly project: string;
  /** Of the user and of the project. */
  readonly domain: string;
  /** The catalogue names Swift in this one, and nothing that answers in `wrongRegion`. */
  readonly region: string;
  readonly wrongRegion: string;
  readonly credential: { readonly id: string; readonly secret: string };
  /** The tokens that were given before are no longer taken. */
  revokeTokens(): Promise<void>;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL("keystone.sh", import.meta.url));

/** Why it cannot be started here; undefined where it can. */
export function whyNoKeystone(): string | undefined {
  const missing = ["keystone", "python3-keystonemiddleware"].filter(
    (name) => !existsSync(`/usr/share/doc/${name}`),
  );
  if (missing.length === 0) return whyNoSwift();
  return `no Keystone can be started without Debian's packages ${missing.join(", ")}`;
}

/** Starts both, with a user, a project and a domain of its own; whoever does ends them. */
export async function startKeystoneSwift(): Promise<KeystoneSwift> {
  const folder = await mkdtemp(join(tmpdir(), "lastgood-keystone-"));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const starting = startUntilStopped(script, [folder, String(port)], folder);
  const [stopKeystone, swift] = await Promise.all([starting, startSwift(url)]);
  const stop = async (): Promise<void> => {
    await Promise.all([stopKeystone(), swift.stop()]);
  };
  try {
    return { ...(await populate(`${url}/v3`, swift.port)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Login {
  readonly name: string;
  readonly password: string;
  readonly domain: string;
  readonly project: string;
}

const admin = { name: "admin", password: "testing", domain: "Default", project: "admin" };

/** What an operator of a cloud does before somebody can use it. */
async function populate(authUrl: string, port: number): Promise<Omit<KeystoneSwift, "stop">> {
  const operator = await login(authUrl, admin);
  const { post } = operator;
  const service = await post("services", "service", { type: "object-store", name: "swift" });
  const at = async (region: string, address: string): Promise<void> => {
    const endpoint = { service_id: service, interface: "public", region_id: region, url: address };
    await post("endpoints", "endpoint", endpoint);
  };
  await post("regions", "region", { id: "Elsewhere" });
  await at("Elsewhere", "http://127.0.0.1:1/v1/AUTH_%(project_id)s");
  await at("RegionOne", `http://127.0.0.1:${port}/v1/AUTH_%(project_id)s`);
  const domain = await post("domains", "domain", { name: "Shops" });
  const project = await post("projects", "project", { name: "shop", domain_id: domain });
  const password = "open-sesame";
  const user = await post("users", "user", { name: "backup", domain_id: domain, password });
  const [role = ""] = await post.ids("roles?name=member", "roles");
  await operator.put(`projects/${project}/users/${user}/roles/${role}`);
  const ours = { name: "backup", password, domain: "Shops", project: "shop" };
  const secret = "application-sesame";
  const own = await login(authUrl, ours);
  const credentials = `users/${user}/application_credentials`;
  const id = await own.post(credentials, "application_credential", { name: "backups", secret });
  return {
    authUrl,
    user: "backup",
    password,
    project: "shop",
    domain: "Shops",
    region: "RegionOne",
    wrongRegion: "Elsewhere",
    credential: { id, secret },
    async revokeTokens() {
      const { token } = await login(authUrl, ours);
      const again = await login(authUrl, admin);
      const statusOf = async (subject: string): Promise<number> => {
        const headers = { "X-Auth-Token": again.token, "X-Subject-Token": subject };
        return (await fetch(`${authUrl}/auth/tokens`, { headers })).status;
      };
      // Every token of a user who is locked out ends for good, with those of the same second.
      for (const enabled of [false, true]) {
        await again.call("PATCH", `users/${user}`, { user: { enabled } });
      }
      await waitFor(async () => (await statusOf(token)) === 404);
      await waitFor(async () => (await statusOf((await login(authUrl, ours)).token)) === 200);
    },
  };
}

interface Post {
  /** Makes one; its id. */
  (path: string, kind: string, content: object): Promise<string>;
  ids(path: string, kind: string): Promise<string[]>;
}

interface Api {
  readonly token: string;
  readonly post: Post;
  put(path: string): Promise<void>;
  call(method: string, path: string, body?: object): Promise<unknown>;
}

async function login(authUrl: string, { name, password, domain, project }: Login): Promise<Api> {
  const user = { name, password, domain: { name: domain } };
  const response = await fetch(`${authUrl}/auth/tokens`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      auth: {
        identity: { methods: ["password"], password: { user } },
        scope: { project: { name: project, domain: { name: domain } } },
      },
    }),
  });
  const token = response.headers.get("x-subject-token");
  if (token === null) throw new Error(`Keystone gave no token: ${await response.text()}`);
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${authUrl}/${path}`, {
      method,
      headers: { "X-Auth-Token": token, "Content-Type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text === "" ? undefined : JSON.parse(text);
  };
  const make = async (path: string, kind: string, content: object): Promise<string> => {
    const made = await call("POST", path, { [kind]: content });
    return (made as Record<string, { id: string }>)[kind]?.id ?? "";
  };
  const ids = async (path: string, kind: string): Promise<string[]> => {
    const found = await call("GET", path);
    return ((found as Record<string, { id: string }[]>)[kind] ?? []).map(({ id }) => id);
  };
  return {
    token,
    call,
    post: Object.assign(make, { ids }),
    put: async (path) => void (await call("PUT", path)),
  };
}
