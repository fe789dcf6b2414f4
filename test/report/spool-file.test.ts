import { assert, constantFrom, array, option, property, record, string, uuid } from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanEvent, type EventStatus } from "../../src/report/event.ts";
import { parseSpoolFile, renderSpoolFile } from "../../src/report/spool-file.ts";
import { event } from "./support.ts";

const anyText = string({ unit: constantFrom(...Array.from("\n\n+=\\\"'{}$,; aä€😀\r\t")) });

describe("an event on disk", () => {
  test("comes back as it was, whatever is in it", () => {
    const entries = record({
      target: anyText,
      event: record({
        eventId: uuid(),
        doneAt: anyText,
        scope: anyText,
        status: constantFrom<EventStatus>(-1, 0, 1),
        message: anyText,
        fqdn: anyText,
        logPath: anyText,
        runId: option(anyText.filter((text) => text !== "")),
        requiredScopes: option(array(anyText)),
      }),
    });
    assert(
      property(entries, (entry) => {
        expect(parseSpoolFile(renderSpoolFile(entry))).toEqual(entry);
      }),
    );
  });

  test("is no event when it is cut short", () => {
    const text = renderSpoolFile({ target: "", event: event() });
    expect(parseSpoolFile(text.slice(0, text.indexOf("message")))).toBeUndefined();
    expect(parseSpoolFile("")).toBeUndefined();
  });

  test("is left to the version that wrote it", () => {
    expect(parseSpoolFile("format=2\nwhatever=1\n")).toBe("newer");
  });
});

describe("a new event", () => {
  test("loses what PostgreSQL cannot store", () => {
    expect(cleanEvent(event({ message: "a\0b\ud800c" })).message).toBe("ab\ufffdc");
  });

  test("has a message of 64 kB at most, cut between characters", () => {
    const { message } = cleanEvent(event({ message: `a${"€".repeat(30_000)}` }));
    expect(message).toBe(`a${"€".repeat(21_845)}`);
  });
});
