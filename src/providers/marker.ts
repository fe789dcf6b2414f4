import { z } from "zod";
import { PlaceError, type Ownership } from "./provider.ts";

/** The object that says whose place it is. On an empty mount point it is not there. */
export const markerName = "lastgood-provider.json";

const version = 1;

const schema = z.object({
  format: z.literal("lastgood-provider"),
  version: z.number(),
  installation: z.string(),
  marker: z.string(),
});

export function markerText({ installation, marker }: Ownership): string {
  const content = { format: "lastgood-provider", version, installation, marker };
  return `${JSON.stringify(content, undefined, 2)}\n`;
}

/**
 * Whose place it is, by the text of its marker.
 *
 * @param what names the marker for people
 * @throws PlaceError for one that this version does not understand
 */
export function parseMarker(text: string, what: string): Ownership {
  const found = schema.safeParse(parse(text));
  if (!found.success || found.data.version !== version) {
    throw new PlaceError("foreign", `${what} is not a marker that this version understands`, {
      hint: "It may come from a newer version of lastgood; choose another place, or upgrade.",
    });
  }
  const { installation, marker } = found.data;
  return { installation, marker };
}

export function isSameOwner(a: Ownership, b: Ownership): boolean {
  return a.installation === b.installation && a.marker === b.marker;
}

/**
 * @param place and `what`, its marker, as people know them
 * @throws PlaceError where the place is another's
 */
export function refuseOthers(found: Ownership, ours: Ownership, place: string, what: string): void {
  if (isSameOwner(found, ours)) return;
  if (found.installation === ours.installation) {
    throw new PlaceError("foreign", `${place} belongs to another provider`, {
      hint: `Choose another place. Where that provider was detached, attach it: lastgood provider attach. Where it never came to be, remove ${what} first.`,
    });
  }
  throw new PlaceError("foreign", `${place} belongs to another installation of lastgood`, {
    hint: "Choose another place, or check that the right one is mounted. To take it over for good: lastgood provider attach",
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
