import { closeSync, fsyncSync, openSync, readdirSync } from "node:fs";
import { tryRun } from "../../server/run.ts";
import { bytesOf } from "./folders.ts";
import { Turns } from "../../turns.ts";

/**
 * Makes everything below some folders of one file system durable: with one call where `sync` can do
 * that, else file by file. Links were made to files that are durable already, or lie below too.
 */
export async function syncAll(paths: readonly string[]): Promise<void> {
  const [first] = paths;
  if (first === undefined) return;
  const name = bytesOf(first).toString("utf8");
  const { status } = await tryRun("sync", ["--file-system", name], { env: {} });
  if (status === 0) return;
  for (const path of paths) await syncBelow(path, new Turns());
}

async function syncBelow(path: string, turns: Turns): Promise<void> {
  const entries = readdirSync(bytesOf(path), { withFileTypes: true, encoding: "latin1" });
  for (const entry of entries) {
    const below = `${path}/${entry.name}`;
    if (entry.isDirectory()) await syncBelow(below, turns);
    else if (entry.isFile()) sync(below);
    if (turns.isOver) await turns.pass();
  }
  sync(path);
}

function sync(path: string): void {
  const fd = openSync(bytesOf(path), "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
