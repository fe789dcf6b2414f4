import { beforeEach, expect, test } from "vitest";
import { Backups } from "../../../src/admin/backups.ts";
import { Retention } from "../../../src/admin/retention.ts";
import { addCatalogue, codeOf, eventsOf } from "../../support/catalogue.ts";
import { addBackups, addSchedule, planOf } from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

const days = [1, 2, 3, 4].map((day) => ({ at: `2026-01-0${day}T02:00Z` }));

test("begins to delete what the plan lets go, with an event that says why", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 2 });
  const ids = await addBackups(session.client, schedule, days);
  const { backups, copies } = await new Retention(session.client).expire(schedule);
  expect(backups).toEqual([
    { backup_id: ids[1], name: `b${ids[1]}`, reason: "beyond what is kept" },
    { backup_id: ids[0], name: `b${ids[0]}`, reason: "beyond what is kept" },
  ]);
  expect(copies.map((copy) => [copy.backup_id, copy.state, copy.provider])).toEqual([
    [ids[0], "DELETING", "vault"],
    [ids[1], "DELETING", "vault"],
  ]);
  expect(await eventsOf(session.client, "LASTGOOD_BACKUP_EXPIRED")).toEqual([
    expect.objectContaining({
      fqdn: "engine.test",
      scope: "files",
      message: `Schedule "nightly" lets go of backup "b${ids[1]}" (${ids[1]}): beyond what is kept.`,
    }),
    expect.anything(),
  ]);
});

test("a second time it takes nothing, and still tells of what is not removed", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 3 });
  await addBackups(session.client, schedule, days);
  await new Retention(session.client).expire(schedule);
  const { backups, copies } = await new Retention(session.client).expire(schedule);
  expect(backups).toEqual([]);
  expect(copies).toHaveLength(1);
});

test("tries those again whose deletion failed, and tells why that was", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 3 });
  const [first] = await addBackups(session.client, schedule, days);
  const { copies } = await new Retention(session.client).expire(schedule);
  const backups = new Backups(session.client);
  const state = await backups.finishCopyDelete(copies[0]?.backup_copy_id ?? 0, "no disk");
  expect(state).toBe("DELETE_FAILED");
  expect((await planOf(session.client, schedule)).at(-1)).toMatchObject({
    is_kept: false,
    reason: "could not be deleted: no disk",
  });
  const again = await new Retention(session.client).expire(schedule);
  expect(again.backups).toEqual([
    { backup_id: first, name: `b${first}`, reason: "could not be deleted: no disk" },
  ]);
  expect(again.copies).toMatchObject([{ state: "DELETING" }]);
  expect(await eventsOf(session.client, "LASTGOOD_BACKUP_EXPIRED")).toHaveLength(1);
});

test("tells of what is left of failed backups, and begins nothing with them", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 1 });
  const [failed] = await addBackups(session.client, schedule, [
    { at: "2026-01-01T02:00Z", state: "FAILED", copy: "DELETING" },
  ]);
  const { backups, copies } = await new Retention(session.client).expire(schedule);
  expect(backups).toEqual([]);
  expect(copies.map((copy) => copy.backup_id)).toEqual([failed]);
});

test("a chain goes as a whole, what builds on others first", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 1 });
  const [full] = await addBackups(session.client, schedule, days.slice(0, 1));
  const [child] = await addBackups(session.client, schedule, [
    { at: "2026-01-02T02:00Z", parent: full },
  ]);
  await addBackups(session.client, schedule, days.slice(3));
  const { backups } = await new Retention(session.client).expire(schedule);
  expect(backups.map(({ backup_id: id }) => id)).toEqual([child, full]);
});

test("knows when there is no such schedule", async () => {
  const expire = async () => await new Retention(session.client).expire(12_345_678);
  expect(await codeOf(session.client, expire)).toBe("LG074");
});
