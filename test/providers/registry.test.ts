import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import type { ProviderType } from "../../src/providers/provider.ts";
import {
  findProviderType,
  initialiseProvider,
  openProvider,
  providerTypes,
} from "../../src/providers/registry.ts";
import { booleanSetting, numberSetting } from "../../src/providers/setting-schemas.ts";
import { parseSettings, settingsOf } from "../../src/settings.ts";
import { secretSetting } from "../../src/secret-setting.ts";
import { temporaryFolder } from "../support/folder.ts";
import { body, never, read } from "./place.ts";

const context = { env: {}, signal: never };

/** The types that people see and that keep something, in their order. */
const shown = ["local-fs", "s3", "swift", "postgres", "msd"];

async function names(env: Record<string, string>): Promise<string[]> {
  return (await providerTypes(env)).map(({ type }) => type);
}

test("the type debug is listed only when it is asked for", async () => {
  expect(await names({})).toEqual([...shown, "noop"]);
  expect(await names({ LASTGOOD_DEBUG: "1" })).toEqual([...shown, "debug", "noop"]);
});

test.each([...shown, "debug", "noop"])("the type %s is found, hidden or not", async (type) => {
  expect(await findProviderType(type)).toMatchObject({ type, summary: expect.any(String) });
});

test.each(["s4", "", "toString", "__proto__"])("there is no type '%s'", async (type) => {
  await expect(findProviderType(type)).rejects.toMatchObject({
    code: "USAGE",
    hint: `The types are ${shown.join(", ")}, noop.`,
  });
});

test("a row of the catalogue is initialised and opened", async () => {
  const path = join(await temporaryFolder(), "root");
  const row = { type: "local-fs", settings: { path }, marker: randomUUID() };
  const installation = randomUUID();
  await expect(openProvider(row, installation, context)).rejects.toMatchObject({
    trouble: "unreachable",
  });
  await initialiseProvider(row, installation, context);
  const provider = await openProvider(row, installation, context);
  await provider.put("a", body("x"));
  expect(await read(provider, "a")).toEqual(Buffer.from("x"));
  await provider.close();
});

test("a row with settings that cannot be used is refused before anything is touched", async () => {
  const row = { type: "local-fs", settings: { path: "relative" }, marker: randomUUID() };
  const refusal = { code: "USAGE", message: expect.stringContaining('"path"') };
  await expect(initialiseProvider(row, randomUUID(), context)).rejects.toMatchObject(refusal);
  await expect(openProvider(row, randomUUID(), context)).rejects.toMatchObject(refusal);
});

describe("settings", () => {
  const settings = z.strictObject({
    bucket: z.string().min(1, "must not be empty").describe("where objects lie"),
    key: secretSetting(),
    parts: numberSetting(1).default(4),
    tls: booleanSetting().default(true),
    mode: z.enum(["a", "b"]).optional(),
  });
  const type: ProviderType<z.infer<typeof settings>> = {
    type: "sample",
    summary: "for this test",
    settings,
    capabilities: { keeps: "any", layouts: ["pack"] },
    initialise: () => Promise.resolve(),
    owner: () => Promise.resolve(undefined),
    takeOver: () => Promise.resolve(),
    open: () => Promise.reject(new Error("never opened")),
  };
  const right = { bucket: "b", key: "secret:k" };

  test("texts become numbers and booleans", () => {
    expect(parseSettings(type, { ...right, parts: "8", tls: "false" })).toEqual({
      ...right,
      parts: 8,
      tls: false,
    });
    expect(parseSettings(type, { ...right, parts: 8, tls: false }).parts).toBe(8);
    expect(parseSettings(type, right)).toEqual({ ...right, parts: 4, tls: true });
  });

  test.each([
    [{ ...right, bucket: undefined }, 'setting "bucket" is missing'],
    [{ ...right, bucket: "" }, 'setting "bucket" must not be empty'],
    [{ ...right, parts: "0" }, 'setting "parts" must be 1 or more'],
    [{ ...right, parts: "1.5" }, 'setting "parts" must be a whole number'],
    [{ ...right, parts: 1.5 }, 'setting "parts" must be a whole number'],
    [{ ...right, parts: "" }, 'setting "parts" must be a whole number'],
    [{ ...right, tls: "yes" }, 'setting "tls" must be true or false'],
    [{ ...right, mode: "c" }, 'setting "mode"'],
    [{ ...right, buket: "b" }, 'there is no setting "buket"'],
    [{ ...right, key: "hunter2" }, 'setting "key" must be given as secret:NAME'],
    ["text", "sample"],
    [null, "sample"],
  ])("%j is refused: %s", (given, says) => {
    const refusal = refusalOf(given);
    expect(refusal).toMatchObject({ code: "USAGE", message: expect.stringContaining(says) });
    expect(refusal).toMatchObject({ hint: expect.stringContaining("bucket (required: where") });
    expect(String(refusal)).not.toContain("hunter2");
  });

  function refusalOf(given: unknown): unknown {
    try {
      return parseSettings(type, given);
    } catch (error) {
      return error;
    }
  }

  test("all problems are said at once", () => {
    expect(() => parseSettings(type, { parts: "x", more: 1 })).toThrow(
      /"bucket".*"key".*"parts".*"more"/,
    );
  });

  test("what a type knows can be listed", () => {
    expect(settingsOf(type).map(({ key, isRequired }) => [key, isRequired])).toEqual([
      ["bucket", true],
      ["key", true],
      ["parts", false],
      ["tls", false],
      ["mode", false],
    ]);
  });
});
