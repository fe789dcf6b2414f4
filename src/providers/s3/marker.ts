import { markerName, parseMarker, refuseOthers } from "../marker.ts";
import { PlaceError, type Ownership } from "../provider.ts";
import { readText } from "./objects.ts";
import type { Store } from "./store.ts";

/** Whose place it is; undefined where it has no marker. @throws PlaceError for one of a later version */
export async function readMarker(store: Store): Promise<Ownership | undefined> {
  const text = await readText(store, markerName);
  return text === undefined ? undefined : parseMarker(text, `${store.name}/${markerName}`);
}

/** Whether a place is marked as ours; false where it has no marker at all. @throws PlaceError for another's */
export async function isMarked(store: Store, ownership: Ownership): Promise<boolean> {
  const found = await readMarker(store);
  if (found === undefined) return false;
  refuseOthers(found, ownership, store.name, `${store.name}/${markerName}`);
  return true;
}

/** @throws PlaceError where the place is not marked as ours */
export async function checkMarker(store: Store, ownership: Ownership): Promise<void> {
  if (await isMarked(store, ownership)) return;
  throw new PlaceError("unreachable", `${store.name} has no ${markerName}`, {
    hint: "Check the settings bucket and prefix. A place of lastgood has this object; without it nothing is read or written there.",
  });
}
