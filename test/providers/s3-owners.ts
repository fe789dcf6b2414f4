import { dirname } from "node:path/posix";
import { expect, test } from "vitest";
import { s3, type S3Settings } from "../../src/providers/s3.ts";
import { parseSettings } from "../../src/settings.ts";
import type { Mischief } from "../support/http-proxy.ts";
import type { Swift } from "../support/swift.ts";
import { waitFor } from "../support/wait.ts";
import { body, list, never, newOwnership, openPlace, read } from "./place.ts";
import { behindProxy, makeBucket, type ProxiedPlace, env } from "./s3-place.ts";

const act = { env, signal: never };
const foreign = { code: "PLACE", trouble: "foreign", hint: expect.any(String) };
const claims = ".lastgood/claims/";

export function testOwners(swift: () => Swift): void {
  test("nobody where there is a bucket and nothing else", async () => {
    const { settings, raw } = makeBucket(swift());
    const given = parseSettings(s3, settings);
    expect(await s3.owner(given, act)).toBeUndefined();
    await raw.create();
    expect(await s3.owner(given, act)).toBeUndefined();
    expect(await raw.keys()).toEqual([]);
  });

  test("another once that takes it over; whoever still has it open neither lists nor cleans", async () => {
    const { provider, ownership, settings } = await behindProxy(swift());
    await s3.takeOver(parseSettings(s3, settings), ownership, newOwnership(), act);
    await expect(list(provider)).rejects.toMatchObject(foreign);
    await expect(provider.removePartial("")).rejects.toMatchObject(foreign);
    await expect(read(provider, "packs/a")).rejects.toMatchObject(foreign);
  });

  test("one of several that take it over at once", async () => {
    const { ownership, settings } = await behindProxy(swift());
    const given = parseSettings(s3, settings);
    const all = Array.from({ length: 4 }, newOwnership);
    const results = await Promise.allSettled(
      all.map((next) => s3.takeOver(given, ownership, next, act)),
    );
    const owner = await s3.owner(given, act);
    const winners = all.filter((_, index) => results[index]?.status === "fulfilled");
    expect(winners).toEqual([owner]);
  });

  test("nobody of ours with other things in it, and none of them is touched", async () => {
    const { settings, raw } = makeBucket(swift());
    await raw.create();
    await raw.put("holidays/a.jpg", "x");
    const given = parseSettings(s3, settings);
    const making = s3.initialise(given, newOwnership(), act);
    await expect(making).rejects.toMatchObject(foreign);
    expect(await raw.keys()).toEqual(["holidays/a.jpg"]);
  });

  test("several by prefixes, who do not see each other", async () => {
    const { settings, raw } = makeBucket(swift());
    const one = await openPlace(s3, { env, settings: { ...settings, prefix: "team/a" } });
    const two = await openPlace(s3, { env, settings: { ...settings, prefix: "team/b/" } });
    await one.provider.put("packs/x", body("1"));
    await two.provider.put("packs/y", body("2"));
    expect(await list(one.provider)).toEqual(["packs/x"]);
    expect(await list(two.provider)).toEqual(["packs/y"]);
    const kept = ["a/lastgood-provider.json", "a/packs/x", "b/lastgood-provider.json", "b/packs/y"];
    expect(await raw.keys()).toEqual(kept.map((key) => `team/${key}`));
  });

  test("a listing has what has the name of a key, and nothing else", async () => {
    const { provider, raw } = await behindProxy(swift());
    for (const key of ["packs/", "packs/.x", "packs/a b", `${claims}x`]) await raw.put(key, "x");
    await provider.put("packs/a", body("x"));
    expect(await list(provider)).toEqual(["packs/a"]);
    const refusal = { code: "PLACE", trouble: "failed" };
    await expect(provider.put("lastgood-provider.json", body("x"))).rejects.toMatchObject(refusal);
  });
}

export function testClaims(swift: () => Swift): void {
  const isListing = /prefix=.*claims/;

  test.each(["0", "z"])("whoever comes second waits for the first, %s", async (name) => {
    const { settings, proxy, raw } = await unmarked(swift());
    await raw.put(claims + name, "x");
    const ours = newOwnership();
    const making = s3.initialise(settings, ours, act);
    await waitFor(() => proxy.seen.filter(({ path }) => isListing.test(path)).length > 2);
    expect(await raw.keys()).not.toContain("lastgood-provider.json");
    await raw.remove(claims + name);
    await making;
    expect(await s3.owner(settings, act)).toEqual(ours);
    expect(await raw.keys()).toEqual(["lastgood-provider.json"]);
  });

  test("what somebody left who died does not count after a while", async () => {
    const { settings, proxy, raw } = await unmarked(swift());
    await raw.put(`${claims}0`, "x");
    const rule = {
      path: isListing,
      // An answer that has the claim of now, and one of an hour before.
      get does() {
        const { path = "" } = proxy.seen.findLast(({ method }) => method === "PUT") ?? {};
        const ours = decodeURIComponent(/^\/[^/]+\/([^?]+)/.exec(path)?.[1] ?? "");
        const dead = `${dirname(ours)}/0`;
        return answer({ [dead]: 3_600_000, [ours]: 0 });
      },
    };
    proxy.add(rule);
    await s3.initialise(settings, newOwnership(), act);
    expect(await raw.keys()).toEqual(["lastgood-provider.json"]);
  });

  test("a service that does not list what was just written is refused", async () => {
    const { settings, proxy, raw } = await unmarked(swift());
    proxy.add({ path: isListing, does: answer({}) });
    const making = s3.initialise(settings, newOwnership(), act);
    await expect(making).rejects.toMatchObject({ code: "PLACE", trouble: "failed" });
    expect(await raw.keys()).toEqual([]);
  });

  test("a marker whose fate is unknown keeps the claim in place", async () => {
    const { settings, proxy, raw } = await unmarked(swift());
    const does = { kind: "cut-request" as const, after: 10 };
    proxy.add({ method: "PUT", path: /lastgood-provider/, times: 9, does });
    const making = s3.initialise(settings, newOwnership(), act);
    await expect(making).rejects.toMatchObject({ trouble: "unreachable" });
    expect(await raw.keys()).toEqual([expect.stringContaining(claims)]);
  });
}

/** A bucket behind a proxy that has no marker any more. */
async function unmarked(
  swift: Swift,
): Promise<Omit<ProxiedPlace, "settings"> & { settings: S3Settings }> {
  const place = await behindProxy(swift);
  await place.raw.remove("lastgood-provider.json");
  return { ...place, settings: parseSettings(s3, place.settings) };
}

/** A listing of claims of these ages. */
function answer(ages: Readonly<Record<string, number>>): Mischief {
  const found = Object.entries(ages).map(([key, age]) => {
    const modified = new Date(Date.now() - age).toISOString();
    return `<Contents><Key>${key}</Key><LastModified>${modified}</LastModified></Contents>`;
  });
  const text = `<ListBucketResult>${found.join("")}<IsTruncated>false</IsTruncated></ListBucketResult>`;
  return { kind: "answer", status: 200, body: text };
}
