import { randomBytes, randomUUID } from "node:crypto";
import { inspect } from "node:util";
import { afterAll, beforeAll, expect, test, type TestContext } from "vitest";
import { swift } from "../../src/providers/swift.ts";
import { parseSettings } from "../../src/settings.ts";
import { startKeystoneSwift, whyNoKeystone, type KeystoneSwift } from "../support/keystone.ts";
import { skip } from "../support/skip.ts";
import { body, list, never, openPlace, read, type Place } from "./place.ts";

const whyNot =
  process.env["LASTGOOD_{ timeout: 120_000 }_TESTS"] === "1"
    ? whyNoKeystone()
    : "a Keystone takes half a minute to start: LASTGOOD_{ timeout: 120_000 }_TESTS=1";
let started: KeystoneSwift | undefined;

beforeAll(async () => {
  if (whyNot === undefined) started = await startKeystoneSwift();
}, 180_000);

afterAll(async () => {
  await started?.stop();
});

function keystone(context: TestContext): KeystoneSwift {
  return started ?? skip(context, String(whyNot));
}

function placeOf(real: KeystoneSwift, more: Readonly<Record<string, unknown>> = {}): Place {
  const { authUrl, user, project, domain, region, password } = real;
  const domains = { user_domain: domain, project_domain: domain };
  const who = { user, project, ...domains, region, key: "secret:password" };
  const settings = { auth_url: authUrl, container: randomUUID(), ...who, ...more };
  return { settings, env: { LASTGOOD_SECRET_PASSWORD: password } };
}

test("a user of Keystone keeps objects, large ones too", async (context) => {
  const { provider } = await openPlace(swift, placeOf(keystone(context), { segment_size: 50_000 }));
  const bytes = randomBytes(120_000);
  await provider.put("packs/a", body(bytes));
  expect((await read(provider, "packs/a")).equals(bytes)).toBe(true);
  expect(await list(provider)).toEqual(["packs/a"]);
  await provider.delete("packs/a");
  expect(await provider.removePartial("")).toBe(0);
});

test("so does an application credential", async (context) => {
  const real = keystone(context);
  const place = {
    settings: {
      auth_url: real.authUrl,
      application_credential_id: real.credential.id,
      region: real.region,
      key: "secret:credential",
      container: randomUUID(),
    },
    env: { LASTGOOD_SECRET_CREDENTIAL: real.credential.secret },
  };
  const { provider } = await openPlace(swift, place);
  await provider.put("a", body("x"));
  expect((await read(provider, "a")).toString()).toBe("x");
});

test(
  "a token that is revoked is replaced, also before a segment",
  { timeout: 120_000 },
  async (context) => {
    const real = keystone(context);
    const { provider } = await openPlace(swift, placeOf(real, { segment_size: 50_000 }));
    await provider.put("a", body("x"));
    await real.revokeTokens();
    expect((await read(provider, "a")).toString()).toBe("x");
    async function* revoking(): AsyncGenerator<Uint8Array> {
      yield randomBytes(50_000);
      yield randomBytes(1);
      await real.revokeTokens();
      yield randomBytes(99_999);
    }
    await provider.put("big", revoking());
    expect((await read(provider, "big")).length).toBe(150_000);
  },
);

test("the region chooses the endpoint, and one that is not there is told", async (context) => {
  const real = keystone(context);
  const owner = async (region: string): Promise<unknown> => {
    const { settings, env = {} } = placeOf(real, { region, attempts: 1 });
    return await swift.owner(parseSettings(swift, settings), { env, signal: never });
  };
  expect(await owner(real.region)).toBeUndefined();
  await expect(owner(real.wrongRegion)).rejects.toMatchObject({ trouble: "unreachable" });
  await expect(owner("Atlantis")).rejects.toMatchObject({
    trouble: "failed",
    hint: expect.stringMatching(/Elsewhere.*RegionOne|RegionOne.*Elsewhere/),
  });
});

test("a wrong password, project or domain is told, and nothing secret", async (context) => {
  const real = keystone(context);
  for (const more of [
    { key: "secret:wrong" },
    { project: "nowhere" },
    { user_domain: "Default" },
    { auth_url: real.authUrl.replace("/v3", "/nothing/v3") },
    { auth_url: `${real.authUrl}/auth/tokens`, auth_version: "3" },
  ]) {
    const { settings, env } = placeOf(real, more);
    const secrets = { ...env, LASTGOOD_SECRET_WRONG: "close-sesame" };
    const given = parseSettings(swift, settings);
    const owner = swift.owner(given, { env: secrets, signal: never });
    const error: unknown = await owner.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "PLACE", trouble: "failed", hint: expect.any(String) });
    expect(inspect(error, { depth: 20, showHidden: true })).not.toContain("sesame");
  }
});
