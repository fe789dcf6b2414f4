import { beforeEach, describe, expect, test } from "vitest";
import { Providers } from "../../../src/admin/providers.ts";
import { Sources } from "../../../src/admin/sources.ts";
import { addCatalogue, codeOf, eventsOf } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

async function limitsOf(table: "source" | "provider", columns: string): Promise<unknown> {
  const name = table === "source" ? "etc" : "vault";
  const { rows } = await session.client.query<object>(
    `select ${columns} from lastgood.${table} where name = $1`,
    [name],
  );
  return rows[0];
}

describe("of a source", () => {
  test("change what is named, and the log says what", async () => {
    const sources = new Sources(session.client);
    await sources.setLimits("etc", { labels: ["b", "a", "b"], maxRunning: 3 });
    await sources.setLimits("etc", { maxRunning: 2 });
    expect(await limitsOf("source", "labels, max_running")).toEqual({
      labels: ["a", "b"],
      max_running: 2,
    });
    const call = `select lastgood.set_source_limits('etc', '{"labels": null, "max_running": null}')`;
    await session.client.query(call);
    expect(await limitsOf("source", "labels, max_running")).toEqual({
      labels: [],
      max_running: 1,
    });
    const events = await eventsOf(session.client, "LASTGOOD_SOURCE_CHANGED");
    expect(events.map(({ fqdn, message }) => [fqdn, message.replace(/^\S+ /, "")])).toEqual([
      ["engine.test", 'changed limits of source "etc": labels = ["b", "a", "b"], max_running = 3.'],
      ["engine.test", 'changed limits of source "etc": max_running = 2.'],
      ["engine.test", 'changed limits of source "etc": labels = none, max_running = none.'],
    ]);
  });

  test.each([
    ["LG028", "'nope', '{}'"],
    ["LG071", `'etc', '{"labels": ["no good"]}'`],
    ["LG071", `'etc', '{"labels": [null]}'`],
    ["LG079", `'etc', '{"labels": "a"}'`],
    ["LG079", `'etc', '{"max_running": 0}'`],
    ["LG079", `'etc', '{"max_running": 1.5}'`],
    ["LG079", `'etc', '{"max_running": "2"}'`],
    ["LG079", `'etc', '{"max_running": 3000000000}'`],
    ["LG079", `'etc', '{"max_bytes": 1}'`],
    ["LG079", "'etc', '[]'"],
    ["LG079", "'etc', null"],
  ])("%s: %s", async (code, values) => {
    expect(await codeOf(session.client, `select lastgood.set_source_limits(${values})`)).toBe(code);
    expect(await limitsOf("source", "labels, max_running")).toEqual({ labels: [], max_running: 1 });
  });
});

describe("of a provider", () => {
  test("change what is named; null lifts one", async () => {
    const providers = new Providers(session.client);
    await providers.setLimits("vault", { maxRunning: 2, maxBackups: 50, maxBytes: 2 ** 50 });
    await providers.setLimits("vault", { maxBackups: null });
    expect(await limitsOf("provider", "max_running, max_backups, max_bytes")).toEqual({
      max_running: 2,
      max_backups: null,
      max_bytes: String(2 ** 50),
    });
    const events = await eventsOf(session.client, "LASTGOOD_PROVIDER_CHANGED");
    expect(events.at(-1)?.message).toMatch(
      /^\S+ changed limits of provider "vault": max_backups = none\.$/,
    );
  });

  test.each([
    ["LG026", "'nope', '{}'"],
    ["LG079", `'vault', '{"max_running": 0}'`],
    ["LG079", `'vault', '{"max_backups": -1}'`],
    ["LG079", `'vault', '{"max_bytes": 9223372036854775808}'`],
    ["LG079", `'vault', '{"max_bytes": true}'`],
    ["LG079", `'vault', '{"labels": ["a"]}'`],
  ])("%s: %s", async (code, values) => {
    expect(await codeOf(session.client, `select lastgood.set_provider_limits(${values})`)).toBe(
      code,
    );
  });
});
