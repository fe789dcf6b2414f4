import select from "@inquirer/select";
import type { AttachMode } from "../attach/fill-catalogue.ts";
import type { PlaceScan } from "../attach/found-copy.ts";
import { formatTime } from "../format.ts";
import type { Io } from "../io.ts";

/** Shows a person what lies at a place, and asks how to go on. */
export async function askOnTerminal(
  io: Io,
  { copies, unreadable }: PlaceScan,
): Promise<AttachMode> {
  const newest = copies.at(-1);
  const sources = new Set(copies.map(({ head }) => head.backup.source)).size;
  const found =
    newest === undefined
      ? "no backup"
      : `${copies.length} backups of ${sources} sources, the newest of ${formatTime(new Date(newest.head.backup.startedAt))}`;
  const bad = unreadable.length === 0 ? "" : `, and ${unreadable.length} that cannot be read`;
  return await select<AttachMode>(
    {
      message: `There is ${found}${bad}. How shall it go on?`,
      choices: [
        { value: "resume", name: "resume: sources go on from their latest backup there" },
        { value: "fresh", name: "fresh: sources start anew; what is there can be restored" },
      ],
    },
    { input: io.stdin, output: io.stderr as NodeJS.WritableStream, signal: io.signal },
  );
}
