import { expect, test } from "vitest";
import { emptyDatabase } from "../../support/database.ts";
import { clientProgram } from "../../support/programs.ts";
import { backUpUrl, contentsOf, databaseWith, restoreTo, zoo } from "./support.ts";

test("a database comes back as it was, whatever is in it", async (context) => {
  await clientProgram(context, "pg_dump");
  await using source = await databaseWith(zoo);
  const backup = await backUpUrl(source.url);
  await using target = await emptyDatabase();
  const report = await restoreTo(target.url, backup);
  expect(await contentsOf(context, target.url)).toBe(await contentsOf(context, source.url));
  expect(report.actions.join("\n")).toContain(`fill the empty database "${target.name}"`);
  expect(report.bytes).toBeGreaterThan(80_000);
});
