import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { withSignalsHeld } from "../../src/cli/until-aborted.ts";
import type { Io } from "../../src/io.ts";
import { testIo } from "../support/io.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What sends a signal to the work, and whether the next one would end the process. */
async function held(): Promise<{ signal: () => void; isReleased: () => boolean }> {
  let listener: (() => void) | undefined;
  const onSignal: Io["onSignal"] = (given) => {
    listener = () => given("SIGINT");
    return () => {
      listener = undefined;
    };
  };
  await withSignalsHeld({ ...testIo(), onSignal }, () => Promise.resolve());
  return { signal: () => listener?.(), isReleased: () => listener === undefined };
}

test("two signals at once are one, as npm makes them", async () => {
  const { signal, isReleased } = await held();
  signal();
  vi.advanceTimersByTime(100);
  signal();
  expect(isReleased()).toBe(false);
});

test("after a second one that a person sends, a third one ends the process", async () => {
  const { signal, isReleased } = await held();
  signal();
  vi.advanceTimersByTime(1000);
  expect(isReleased()).toBe(false);
  signal();
  expect(isReleased()).toBe(true);
});
