/**
 * The results of tasks, in order; up to `depth` of them are started before they are asked for. A
 * failure is thrown where its result would have come.
 */
export async function* ahead<T>(
  tasks: Iterable<() => Promise<T>>,
  depth: number,
): AsyncGenerator<T> {
  const started: Promise<T>[] = [];
  for (const task of tasks) {
    const running = task();
    // Whoever awaits it sees the failure; a reader that stops early never does.
    running.catch(() => {});
    started.push(running);
    if (started.length > depth) yield await (started.shift() as Promise<T>);
  }
  for (const running of started) yield await running;
}
