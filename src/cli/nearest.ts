const mostNames = 3;

/** The names that somebody who wrote `wanted` may have meant, best first; few, or none. */
export function nearestNames(wanted: string, names: readonly string[]): string[] {
  const word = wanted.toLowerCase();
  if (word === "") {
    return [];
  }
  const farthest = Math.max(2, Math.floor(word.length / 3));
  return names
    .map((name) => ({ name, distance: distanceTo(name.toLowerCase(), word) }))
    .filter(({ distance }) => distance <= farthest)
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, mostNames)
    .map(({ name }) => name);
}

/** A part of a name is nearer than any mistyped one. */
function distanceTo(name: string, word: string): number {
  return word.length > 2 && name.includes(word) ? 0 : editDistance(name, word);
}

/** Letters to insert, delete or replace (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 0; i < from.length; i++) {
    const next = [i + 1];
    for (let j = 0; j < to.length; j++) {
      const replace = (row[j] ?? 0) + (to[j] === from[i] ? 0 : 1);
      next.push(Math.min(replace, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
