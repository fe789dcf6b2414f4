import checkbox, { Separator } from "@inquirer/checkbox";
import type { Io } from "../io.ts";
import type { ListedItem } from "../restore/pick.ts";
import { formatBytes } from "../format.ts";

/** Lets a person pick items on a terminal; their names, none for all of it. */
export async function pickOnTerminal(io: Io, items: readonly ListedItem[]): Promise<string[]> {
  return await checkbox(
    {
      message: "What is to be restored? (nothing picked: all of it)",
      pageSize: 20,
      choices: [
        ...items.map((item) => ({
          value: item.name,
          name: `${item.kind.padEnd(9)} ${item.name}${sizeOf(item)}`,
          short: item.name,
        })),
        new Separator(),
      ],
    },
    { input: io.stdin, output: io.stderr as NodeJS.WritableStream, signal: io.signal },
  );
}

function sizeOf({ sizeBytes }: ListedItem): string {
  return sizeBytes === undefined ? "" : `  (${formatBytes(sizeBytes)})`;
}
