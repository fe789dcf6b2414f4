import { formatBytes, formatSeconds } from "../format.ts";
import { type Io, remark } from "../io.ts";

const lineEveryMs = 15_000;

/** Tells how far a long transfer is: a bar on a terminal, else a line now and then; always on stderr. */
export interface Progress {
  /** Counts bytes that are done. */
  add(bytes: number): void;
  stop(): void;
}

export interface ProgressOptions {
  readonly label: string;
  /** In bytes, where it is known. */
  readonly total?: number | undefined;
}

export async function startProgress(io: Io, options: ProgressOptions): Promise<Progress> {
  return io.isTerminal ? await startBar(io, options) : startLines(io, options);
}

async function startBar(io: Io, { label, total }: ProgressOptions): Promise<Progress> {
  const { SingleBar } = await import("cli-progress");
  const started = performance.now();
  let done = 0;
  const rate = (): number => done / Math.max(0.001, (performance.now() - started) / 1000);
  const bar = new SingleBar({
    stream: io.stderr,
    clearOnComplete: true,
    hideCursor: true,
    etaBuffer: 50,
    format: (_options, { progress }, { eta }) =>
      total === undefined
        ? `${label}  ${formatBytes(done)}  ${formatBytes(rate())}/s`
        : `${label}  ${Math.floor(progress * 100)}%  ${formatBytes(done)} of ${formatBytes(total)}  ` +
          `${formatBytes(rate())}/s  ${formatSeconds(Number(eta))} left`,
  });
  bar.start(total ?? 1, 0);
  return {
    add(bytes) {
      done += bytes;
      bar.update(total === undefined ? 0 : Math.min(done, total));
    },
    stop() {
      bar.stop();
    },
  };
}

function startLines(io: Io, { label, total }: ProgressOptions): Progress {
  const started = performance.now();
  let said = started;
  let done = 0;
  return {
    add(bytes) {
      done += bytes;
      const now = performance.now();
      if (now - said < lineEveryMs) return;
      said = now;
      const rate = done / ((now - started) / 1000);
      const of = total === undefined ? "" : ` of ${formatBytes(total)}`;
      remark(io, `${label}: ${formatBytes(done)}${of}, ${formatBytes(rate)}/s`);
    },
    stop() {
      // The command's own result follows.
    },
  };
}
