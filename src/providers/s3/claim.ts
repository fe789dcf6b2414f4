import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { PlaceError } from "../provider.ts";
import { deleteObject, listObjects, putBytes, type FoundObject } from "./objects.ts";
import type { Store } from "./store.ts";

/** What is ours and no object. No segment of a key starts with a dot. */
export const hiddenFolder = ".lastgood/";

const folder = `${hiddenFolder}claims/`;

/** A claim that is so much older than ours is of somebody who died. */
const deadMs = 15 * 60_000;
/** Whoever holds a claim gives up long before others could take it for dead. */
const holdMs = 5 * 60_000;
/** How long others are waited for. */
const patienceMs = 30_000;
const longestWaitMs = 500;
const releaseMs = 10_000;

/**
 * Does something while nobody else does anything here under a claim; for stores that know no conditional
 * writes.
 *
 * A claim is an object. Whoever has put one lists all of them, acts only if there is no other, and
 * removes it after the act. On a store where what was written is listed from then on, two never act at
 * once, nor does one act without seeing what the other has done: of two claims one was put first, say
 * A's. B lists after it has put its own, so it sees A's and does not act, unless A has removed it; then
 * what A did was done before B looked. A claim that is kept while its owner waits and lists again
 * changes nothing of this.
 *
 * Time comes in only for the dead: a claim is removed by others when it is 15 minutes older than theirs,
 * both by the clock of the service, and whoever holds one sends nothing after 5 minutes by its own. One
 * that was frozen for longer exactly between the look at its clock and its request could still
 * overwrite a marker. Then there is one marker nevertheless, and open refuses all but the one it names.
 */
export async function underClaim<T>(
  store: Store,
  marker: string,
  act: (store: Store) => Promise<T>,
): Promise<T> {
  const until = performance.now() + patienceMs;
  for (let round = 0; performance.now() < until; round += 1) {
    const claim = `${folder}${marker}-${randomBytes(8).toString("hex")}`;
    // From before it is there, so that no delay is overlooked.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(tooSlow(store)), holdMs);
    const held = { ...store, signal: AbortSignal.any([store.signal, late.signal]) };
    let [isActing, isLeft] = [false, false];
    try {
      await putBytes(held, claim, Buffer.from(marker));
      isActing = await isAlone(held, claim, until);
      if (isActing) return await act(held);
    } catch (error) {
      isLeft = isActing && isUnsure(error);
      throw error;
    } finally {
      clearTimeout(timer);
      if (!isLeft) await release(store, claim);
    }
    await wait(store, round);
  }
  throw new PlaceError("failed", `others are making ${store.name} ready`, {
    hint: "Try again in a quarter of an hour: what somebody left who died does not count then.",
  });
}

/** Waits while others give way; false where one of them comes first, by name, and we have to. */
async function isAlone(store: Store, claim: string, until: number): Promise<boolean> {
  for (let round = 0; performance.now() < until; round += 1) {
    const others = await livingClaims(store, claim);
    if (others.length === 0) return true;
    if (others.some(({ key }) => key < claim)) return false;
    await wait(store, round);
  }
  return false;
}

async function livingClaims(store: Store, claim: string): Promise<FoundObject[]> {
  const claims: FoundObject[] = [];
  for await (const found of listObjects(store, folder)) claims.push(found);
  const ours = claims.find(({ key }) => key === claim)?.modified?.getTime();
  if (ours === undefined) {
    throw new PlaceError("failed", `${store.name} does not list what was just written there`, {
      hint: "Two that make it ready at once could not see each other. Try again; choose another service where this stays.",
    });
  }
  const others = claims.filter(({ key }) => key !== claim);
  const dead = others.filter(({ modified }) => ours - (modified?.getTime() ?? ours) > deadMs);
  for (const { key } of dead) await deleteObject(store, key);
  return others.filter((other) => !dead.includes(other));
}

/** Also after an abort; where it fails the claim is dead in a while. */
async function release(store: Store, claim: string): Promise<void> {
  const own = { ...store, signal: AbortSignal.timeout(releaseMs) };
  await deleteObject(own, claim).catch(() => undefined);
}

function tooSlow({ name }: Store): PlaceError {
  return new PlaceError("unreachable", `${name} is too slow to be made ready`);
}

/** A request whose answer never came may still be done: then the claim has to stay until it is dead. */
function isUnsure(error: unknown): boolean {
  return !(error instanceof PlaceError) || error.trouble === "unreachable";
}

/** Longer from round to round, and by chance: else those who give way would come back together. */
async function wait({ signal }: Store, round: number): Promise<void> {
  const most = Math.min(longestWaitMs, 25 * 2 ** Math.min(round, 10));
  await delay(Math.random() * most, undefined, { signal }).catch(() => signal.throwIfAborted());
}
