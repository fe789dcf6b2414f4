import { PassThrough, Readable } from "node:stream";
import type { Io } from "../../src/io.ts";

/** An `Io` without a process: what a command writes and with which status it ends can be read. */
export interface TestIo extends Io {
  output(): string;
  errors(): string;
  status(): number;
}

export interface TestIoOptions {
  readonly env?: Io["env"];
  readonly stdin?: string;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
}

export function testIo(options: TestIoOptions = {}): TestIo {
  const [stdout, output] = captured();
  const [stderr, errors] = captured();
  let exitStatus = 0;
  return {
    env: options.env ?? {},
    stdin: Readable.from([options.stdin ?? ""]),
    stdout,
    stderr,
    isTerminal: options.isTerminal ?? false,
    signal: options.signal ?? new AbortController().signal,
    onSignal: () => () => undefined,
    setExitStatus: (status) => {
      exitStatus = status;
    },
    output,
    errors,
    status: () => exitStatus,
  };
}

function captured(): [PassThrough, () => string] {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  return [stream, () => Buffer.concat(chunks).toString("utf8")];
}
