/**
 * The chunks of a body, and after the last one a look at whose place it is: what was begun before the
 * place was taken over becomes no object of the new owner, and replaces none.
 *
 * @param check throws where the place is another's
 */
export async function* whileOurs(
  body: AsyncIterable<Uint8Array>,
  check: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  yield* body;
  await check();
}
