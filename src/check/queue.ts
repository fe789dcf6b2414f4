import type { QueueStatus } from "../dao/queue-status.ts";
import { formatCount } from "../format.ts";
import type { SystemVerdict } from "../verdict.ts";

/** What waits and runs of several systems together. */
export interface Queue {
  readonly waiting: number;
  readonly untaken: number;
  readonly running: number;
  /** The system in which a run waits longest, and one whose run no worker takes for longest. */
  readonly longest: QueueStatus | undefined;
  readonly longestUntaken: QueueStatus | undefined;
}

/** Undefined where no system has a schedule and nothing waits or runs. */
export function queueOf(systems: readonly SystemVerdict[]): Queue | undefined {
  const queues = systems.flatMap(({ queue }) => queue ?? []);
  const isScheduled = systems.some(({ scopes }) =>
    scopes.some(({ schedule_state: state }) => state !== "none"),
  );
  if (queues.length === 0 && !isScheduled) return undefined;
  const sum = (count: (queue: QueueStatus) => number): number =>
    queues.reduce((total, queue) => total + count(queue), 0);
  return {
    waiting: sum(({ due, queued }) => due + queued),
    untaken: sum(({ untaken }) => untaken),
    running: sum(({ running }) => running),
    longest: longestBy(queues, ({ waited_seconds: length }) => length),
    longestUntaken: longestBy(queues, ({ untaken_for_seconds: length }) => length),
  };
}

function longestBy(
  queues: readonly QueueStatus[],
  lengthOf: (queue: QueueStatus) => number | null,
): QueueStatus | undefined {
  return queues
    .filter((queue) => lengthOf(queue) !== null)
    .toSorted((one, other) => (lengthOf(other) ?? 0) - (lengthOf(one) ?? 0))[0];
}

/** Such as `2 runs wait and no worker takes them`. */
export function describeUntaken(untaken: number): string {
  const isOne = untaken === 1;
  return `${formatCount(untaken, "run")} ${isOne ? "waits" : "wait"} and no worker takes ${isOne ? "it" : "them"}`;
}

/** Such as `2 runs wait for room`. */
export function describeWaiting(waiting: number): string {
  return `${formatCount(waiting, "run")} ${waiting === 1 ? "waits" : "wait"} for room`;
}
