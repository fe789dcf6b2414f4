/**
 * The chunks of a body until the signal ends it, also while the body keeps us waiting; then the
 * reason of the signal is thrown. However it ends, the body is told.
 */
export async function* abortable<T>(
  body: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const iterator = body[Symbol.asyncIterator]();
  // One listener for the whole body, and no Promise.race: chunks may be many and small.
  let giveUp: ((reason: unknown) => void) | undefined;
  const abort = (): void => giveUp?.(signal.reason);
  signal.addEventListener("abort", abort);
  let isOver = false;
  try {
    for (;;) {
      signal.throwIfAborted();
      const result = await new Promise<IteratorResult<T>>((resolve, reject) => {
        giveUp = reject;
        iterator.next().then(resolve, reject);
      });
      isOver = result.done === true;
      if (result.done === true) return;
      yield result.value;
    }
  } catch (error) {
    // A body that threw is over by itself.
    isOver = !signal.aborted;
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
    if (!isOver) await end(iterator, signal);
  }
}

/** A body that keeps us waiting cannot be waited for when it is aborted. */
async function end(iterator: AsyncIterator<unknown>, signal: AbortSignal): Promise<void> {
  const ended = Promise.resolve(iterator.return?.());
  if (!signal.aborted) await ended;
  ended.catch(() => undefined);
}

/** Settles as the promise does, or rejects with the reason of the signal. */
export async function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  // Not Promise.race: on one that stays pending it keeps something for every call.
  return await new Promise<T>((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.finally(() => signal.removeEventListener("abort", abort)).then(resolve, reject);
  });
}
