import { formatBytes, formatSeconds } from "../format.ts";
import { type Io, remark } from "../io.ts";

const lineEveryMs = 15_000;

/** Tells how far a long transfer is: a bar on a terminal, else a line now and then; always on stderr. */
export interface Progress {
  /** Counts bytes that are done. */
  add(bytes: number): void;
  /** How many there may be, once it is known. */
  setTotal(bytes: number): void;
  stop(): void;
}

export async function startProgress(io: Io, label: string): Promise<Progress> {
  return io.isTerminal ? await startBar(io, label) : startLines(io, label);
}

/** What was done since when, out of how much. */
class Tally {
  done = 0;
  total: number | undefined;
  readonly #started: number = performance.now();

  /** Such as `1.2 GB of 4.0 GB, 80 MB/s, 35s left`. */
  describe(): string {
    const rate = this.done / Math.max(0.001, (performance.now() - this.#started) / 1000);
    const speed = `${formatBytes(rate)}/s`;
    if (this.total === undefined) return `${formatBytes(this.done)}, ${speed}`;
    // The total is what the source expects: what comes may be more.
    const rest = Math.max(0, this.total - this.done) / Math.max(1, rate);
    return `${formatBytes(this.done)} of ${formatBytes(this.total)}, ${speed}, ${formatSeconds(rest)} left`;
  }
}

async function startBar(io: Io, label: string): Promise<Progress> {
  const { SingleBar } = await import("cli-progress");
  const tally = new Tally();
  const format = `${label}  {bar}  {told}`;
  const bar = new SingleBar({ stream: io.stderr, clearOnComplete: true, hideCursor: true, format });
  const tell = (): void => {
    const { done, total } = tally;
    bar.update(total === undefined ? 0 : Math.min(done, total), { told: tally.describe() });
  };
  bar.start(1, 0, { told: "" });
  return {
    add(bytes) {
      tally.done += bytes;
      tell();
    },
    setTotal(bytes) {
      tally.total = bytes;
      bar.setTotal(Math.max(1, bytes));
      tell();
    },
    stop() {
      bar.stop();
    },
  };
}

function startLines(io: Io, label: string): Progress {
  const tally = new Tally();
  let said = performance.now();
  return {
    add(bytes) {
      tally.done += bytes;
      if (performance.now() - said < lineEveryMs) return;
      said = performance.now();
      remark(io, `${label}: ${tally.describe()}`);
    },
    setTotal(bytes) {
      tally.total = bytes;
    },
    stop() {
      // The command's own result follows.
    },
  };
}
