import { expect, test } from "vitest";
import { noop } from "../../src/providers/noop.ts";
import { body, list, openPlace, read } from "./place.ts";

test("noop says that it keeps nothing", () => {
  expect(noop.capabilities).toEqual({ keeps: "nothing", layouts: [] });
  expect(noop.summary).toContain("nothing");
});

test("noop takes everything and has nothing", async () => {
  const { provider } = await openPlace(noop, { settings: {} });
  let isRead = false;
  async function* watched(): AsyncGenerator<Uint8Array> {
    yield* body("x", "y");
    isRead = true;
  }
  await provider.put("packs/a", watched());
  expect(isRead).toBe(true);
  expect(await list(provider)).toEqual([]);
  expect(await provider.stat("packs/a")).toBeUndefined();
  await expect(read(provider, "packs/a")).rejects.toMatchObject({ trouble: "missing" });
  await provider.delete("packs/a");
  expect(await provider.removePartial("")).toBe(0);
});
