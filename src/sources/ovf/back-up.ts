import type { Entry } from "../../manifest/entry.ts";
import type { BackedUp, BackUpOptions } from "../source.ts";
import { Inventory } from "./inventory.ts";
import { entryPath, itemsOf, type Machine } from "./machine.ts";
import { Parent } from "./parent.ts";
import { readDocuments } from "./read.ts";
import type { OvfSettings } from "./settings.ts";

/** Reads the documents of a source into the sink; see {@link SourceType.backUp}. */
export async function backUpOvf(options: BackUpOptions<OvfSettings>): Promise<BackedUp> {
  const { settings, sink, context, group } = options;
  const parent = options.parent && (await Parent.read(options.parent, sink));
  const inventory = new Inventory({ sink, parent, group });
  const facts = await readDocuments({ settings, context, parent }, (found) => inventory.add(found));
  const all = itemsOf(inventory.machines(), facts.statuses);
  const taken = all.filter(({ machine }) => machine.content !== undefined);
  for (const { machine } of taken) await sink.add(entryOf(machine));
  return {
    items: taken.map(({ item }) => item),
    missing: inventory.missing(),
    notCollected: [],
    versions: facts.versions,
    groups: inventory.groups(),
    elsewhere: all.filter(({ machine }) => machine.content === undefined).map(({ item }) => item),
  };
}

function entryOf({ id, mtime, content }: Machine): Entry {
  return {
    path: entryPath(id),
    type: "file",
    mode: 0o600,
    uid: process.getuid?.() ?? 0,
    gid: process.getgid?.() ?? 0,
    mtime,
    ...(content === undefined ? undefined : { content }),
  };
}
