import { beforeEach, expect, test } from "vitest";
import { Executions } from "../../../src/admin/executions.ts";
import { endExecutionLeases, executionOf, running, setSchedule } from "../../support/calendar.ts";
import { addCatalogue } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

/** What becomes of the runs of a schedule that is disabled meanwhile. */

const session = useSession();
let executions: Executions;

beforeEach(async () => {
  executions = new Executions(session.client);
  await addCatalogue(session.client);
});

test.each([
  ["a run that fails", "ERROR"],
  ["a run whose worker is gone", "INTERRUPTED"],
])("%s is not tried again once its schedule was disabled, and says so", async (_, state) => {
  const { client } = session;
  const execution = await running(client, { retries: 1 });
  await setSchedule(client, execution.schedule_id, { is_enabled: false });
  const { execution_id: id } = execution;
  if (state === "ERROR") {
    await executions.finish(execution, { error: "the disk is full", code: undefined });
  } else {
    await endExecutionLeases(client);
    await executions.reap();
  }
  expect(await executionOf(client, id)).toMatchObject({
    state,
    attempt: 1,
    reason: expect.stringMatching(/; not tried again: the schedule is disabled$/) as string,
  });
});

test("a run of a disabled schedule that has no retries says nothing of them", async () => {
  const { client } = session;
  const execution = await running(client);
  await setSchedule(client, execution.schedule_id, { is_enabled: false });
  await executions.finish(execution, { error: "the disk is full", code: undefined });
  expect(await executionOf(client, execution.execution_id)).toMatchObject({
    state: "ERROR",
    reason: "the disk is full",
  });
});

test.each([
  ["disabled", { is_enabled: false }],
  ["deleted", undefined],
])(
  "a retry that waits ends as its last attempt did where its schedule is %s",
  async (how, change) => {
    const { client } = session;
    const execution = await running(client, { retries: 1 });
    await executions.finish(execution, { error: "the disk is full", code: undefined });
    const { schedule_id: schedule } = execution;
    if (change === undefined) await client.query("select lastgood.delete_schedule($1)", [schedule]);
    else await setSchedule(client, schedule, change);
    const reason = `the disk is full; not tried again: the schedule was ${how}`;
    expect(await executionOf(client, execution.execution_id)).toMatchObject({
      state: "ERROR",
      reason,
      output: { status: "ERROR", error: reason },
    });
  },
);
