import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { PlaceError, type Ownership } from "../../src/providers/provider.ts";
import { parseSettings } from "../../src/settings.ts";
import type { Subject } from "./conformance.ts";
import { body, list, never, newOwnership, openPlace, read, type Place } from "./place.ts";

const foreign = { code: "PLACE", trouble: "foreign", hint: expect.any(String) };

export function testOwnership(subject: Subject): void {
  const { type, makePlace, opened } = subject;
  test("a place that was never made ready is refused", async () => {
    const { given, act } = await prepare(subject);
    const opening = type.open(given, newOwnership(), act);
    await expect(opening).rejects.toMatchObject({ code: "PLACE", trouble: "unreachable" });
  });

  test("another's place is refused, whether it is opened or made ready", async () => {
    const { given, act } = await prepare(subject);
    const ours = newOwnership();
    await type.initialise(given, ours, act);
    for (const other of [newOwnership(), { ...ours, marker: randomUUID() }]) {
      await expect(type.open(given, other, act)).rejects.toMatchObject(foreign);
      await expect(type.initialise(given, other, act)).rejects.toMatchObject(foreign);
    }
    await (await type.open(given, ours, act)).close();
  });

  test("of two who make it ready at once only one succeeds", async () => {
    const { given, act } = await prepare(subject);
    const all = Array.from({ length: 5 }, newOwnership);
    const results = await Promise.allSettled(all.map((each) => type.initialise(given, each, act)));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("making it ready twice changes nothing", async () => {
    const { place, given, act } = await prepare(subject);
    const { provider, ownership } = await openPlace(type, place);
    await provider.put("packs/a", body("kept"));
    await type.initialise(given, ownership, act);
    expect(await read(provider, "packs/a")).toEqual(Buffer.from("kept"));
  });

  test("a place whose marker is gone is refused", async (context) => {
    const place = await makePlace();
    context.skip(place.removeMarker === undefined, "its marker cannot be taken away");
    const { reopen } = await openPlace(type, place);
    await place.removeMarker?.();
    await expect(reopen()).rejects.toMatchObject({ code: "PLACE", trouble: "unreachable" });
  });

  test("what was put is seen when it is opened again", async () => {
    const { provider, reopen } = await opened();
    await provider.put("packs/ab/c", body("kept"));
    await provider.close();
    const again = await reopen();
    expect(await read(again, "packs/ab/c")).toEqual(Buffer.from("kept"));
    expect(await list(again)).toEqual(["packs/ab/c"]);
  });
}

/** As attaching and detaching need it. */
export function testOwners(subject: Subject): void {
  const { type } = subject;

  test("it is nobody's before it is made ready, and then whose it was made for", async () => {
    const { given, act } = await prepare(subject);
    // Some can tell that there is no such place at all.
    const before = await Promise.allSettled([type.owner(given, act)]);
    expect([undefined, "unreachable"]).toContain(troubleOf(before[0]));
    const ours = newOwnership();
    await type.initialise(given, ours, act);
    expect(await type.owner(given, act)).toEqual(ours);
    // Looking makes nothing ready for others, and takes nothing away.
    await expect(type.initialise(given, newOwnership(), act)).rejects.toMatchObject(foreign);
    await (await type.open(given, ours, act)).close();
  });

  test("one who takes it over has it, with all that lies there; who had it is refused", async () => {
    const { place, given, act } = await prepare(subject);
    const { provider, ownership: old, reopen } = await openPlace(type, place);
    await provider.put("packs/a", body("kept"));
    const next = newOwnership();
    await type.takeOver(given, old, next, act);
    expect(await type.owner(given, act)).toEqual(next);
    await expect(reopen()).rejects.toMatchObject(foreign);
    await expect(type.initialise(given, old, act)).rejects.toMatchObject(foreign);
    const taken = await type.open(given, next, act);
    expect(await list(taken)).toEqual(["packs/a"]);
    expect(await read(taken, "packs/a")).toEqual(Buffer.from("kept"));
    await taken.close();
  });

  test("who has it open when it is taken over writes, replaces and removes nothing any more", async () => {
    const { place, given, act } = await prepare(subject);
    const { provider, ownership: old } = await openPlace(type, place);
    await provider.put("packs/a", body("kept"));
    const next = newOwnership();
    const half = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from("begun ");
      await type.takeOver(given, old, next, act);
      yield Buffer.from("before");
    };
    await expect(provider.put("packs/a", half())).rejects.toMatchObject(foreign);
    await expect(provider.put("packs/b", body("new"))).rejects.toMatchObject(foreign);
    await expect(provider.delete("packs/a")).rejects.toMatchObject(foreign);
    await expect(list(provider)).rejects.toMatchObject(foreign);
    const taken = await type.open(given, next, act);
    expect(await list(taken)).toEqual(["packs/a"]);
    expect(await read(taken, "packs/a")).toEqual(Buffer.from("kept"));
    await taken.close();
  });

  test("of several who take it over at once one succeeds, and the others are refused", async () => {
    const { given, act, old } = await ready(subject);
    const all = Array.from({ length: 5 }, newOwnership);
    const results = await Promise.allSettled(
      all.map((next) => type.takeOver(given, old, next, act)),
    );
    const winners = all.filter((_, index) => results[index]?.status === "fulfilled");
    expect(winners).toEqual([await type.owner(given, act)]);
    const refused = results.filter(({ status }) => status === "rejected");
    expect(refused.map(troubleOf)).toEqual(refused.map(() => "foreign"));
  });

  test("taking it over again, as after an interruption, changes nothing", async () => {
    const { given, act, old, next } = await ready(subject);
    await type.takeOver(given, old, next, act);
    await type.takeOver(given, old, next, act);
    await type.takeOver(given, next, next, act);
    expect(await type.owner(given, act)).toEqual(next);
  });

  test("it is not taken over from somebody whose it is not", async () => {
    const { given, act, old, next } = await ready(subject);
    for (const wrong of [newOwnership(), { ...old, marker: randomUUID() }]) {
      const taking = type.takeOver(given, wrong, next, act);
      await expect(taking).rejects.toMatchObject({ code: "PLACE", trouble: "foreign" });
    }
    expect(await type.owner(given, act)).toEqual(old);
    await (await type.open(given, old, act)).close();
  });

  test("a place that is nobody's is not taken over", async () => {
    const { given, act } = await prepare(subject);
    const taking = type.takeOver(given, newOwnership(), newOwnership(), act);
    await expect(taking).rejects.toMatchObject({ code: "PLACE", trouble: "unreachable" });
  });
}

interface Prepared {
  readonly place: Place;
  readonly given: unknown;
  readonly act: Parameters<Subject["type"]["owner"]>[1];
}

async function prepare({ type, makePlace }: Subject): Promise<Prepared> {
  const place = await makePlace();
  const act = { env: place.env ?? {}, signal: never };
  return { place, given: parseSettings(type, place.settings), act };
}

async function ready(subject: Subject): Promise<Prepared & { old: Ownership; next: Ownership }> {
  const prepared = await prepare(subject);
  const [old, next] = [newOwnership(), newOwnership()];
  await subject.type.initialise(prepared.given, old, prepared.act);
  return { ...prepared, old, next };
}

function troubleOf(result: PromiseSettledResult<unknown>): unknown {
  if (result.status === "fulfilled") return result.value;
  return result.reason instanceof PlaceError ? result.reason.trouble : result.reason;
}
