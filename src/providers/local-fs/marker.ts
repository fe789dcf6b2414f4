import { randomBytes } from "node:crypto";
import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { PlaceError, type Ownership } from "../provider.ts";
import { attempt, codeOf } from "./trouble.ts";

/** The file that says whose folder it is. On an empty mount point it is not there. */
export const markerName = "lastgood-provider.json";

const version = 1;

const schema = z.object({
  format: z.literal("lastgood-provider"),
  version: z.number(),
  installation: z.string(),
  marker: z.string(),
});

/** Whether a folder is marked as ours; false where it has no marker at all. @throws PlaceError for another's */
export async function isMarked(folder: string, ownership: Ownership): Promise<boolean> {
  const path = join(folder, markerName);
  const text = await attempt(`${path} could not be read`, () => readIfThere(path));
  if (text === undefined) return false;
  const found = schema.safeParse(parse(text));
  if (!found.success || found.data.version !== version) {
    throw new PlaceError("foreign", `${path} is not a marker that this version understands`, {
      hint: "It may come from a newer version of lastgood; choose another folder, or upgrade.",
    });
  }
  const { installation, marker } = found.data;
  if (installation === ownership.installation && marker === ownership.marker) return true;
  if (installation === ownership.installation) {
    throw new PlaceError("foreign", `${folder} belongs to another provider`, {
      hint: `Choose another folder. Where that provider was deleted, or never came to be, remove ${path} first.`,
    });
  }
  throw new PlaceError("foreign", `${folder} belongs to another installation of lastgood`, {
    hint: "Choose another folder, or check that the right one is mounted.",
  });
}

/** @throws PlaceError where the folder is not marked as ours */
export async function checkMarker(folder: string, ownership: Ownership): Promise<void> {
  if (await isMarked(folder, ownership)) return;
  throw new PlaceError("unreachable", `${folder} has no ${markerName}`, {
    hint: `Is it mounted? A folder of lastgood has this file; without it nothing is read or written there.`,
  });
}

/** Marks a folder as ours; of two who try at once only one succeeds. */
export async function writeMarker(
  folder: string,
  aside: string,
  ownership: Ownership,
): Promise<void> {
  const { installation, marker } = ownership;
  const content = { format: "lastgood-provider", version, installation, marker };
  const unfinished = join(aside, `${markerName}.${randomBytes(8).toString("hex")}`);
  try {
    const text = `${JSON.stringify(content, undefined, 2)}\n`;
    await writeFile(unfinished, text, { mode: 0o600, flag: "wx", flush: true });
    await linkOrRename(unfinished, join(folder, markerName));
  } catch (error) {
    if (codeOf(error) !== "EEXIST" || !(await isMarked(folder, ownership))) throw error;
  } finally {
    await rm(unfinished, { force: true });
  }
}

/** A link fails where somebody was faster; only file systems without links get a rename. */
async function linkOrRename(unfinished: string, path: string): Promise<void> {
  try {
    await link(unfinished, path);
  } catch (error) {
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"].includes(codeOf(error))) throw error;
    await rename(unfinished, path);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
