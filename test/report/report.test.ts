import { expect, test } from "vitest";
import { report } from "../../src/report/report.ts";
import { testIo } from "../support/io.ts";
import { deadUrl, event, newEnv, spooled } from "./support.ts";

test("of several events, those that are on disk are not lost because another one cannot be kept", async () => {
  const env = newEnv({ DATABASE_URL: deadUrl });
  const io = testIo({ env });
  // No file can have the second one's name.
  const events = [
    event({ scopes: ["db"] }),
    { ...event({ scopes: ["files"] }), eventId: "no/such/folder" },
    event({ scopes: ["config"] }),
  ];
  const deliveries = await report(io, events, { isReplaying: false });
  expect(deliveries.map(({ event: { scope }, fate }) => [scope, fate])).toEqual([
    ["db", "kept"],
    ["files", "lost"],
    ["config", "kept"],
  ]);
  expect(spooled(env)).toHaveLength(2);
  expect(io.errors()).toContain("the report of files is lost");
  expect(io.errors()).toContain("the rest is kept in");
});
