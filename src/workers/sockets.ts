import { Socket } from "node:net";

/** The lines of connections. One that is dead is broken here: to end it politely takes as long as TCP tries. */
export class Sockets {
  readonly #open = new Set<Socket>();

  /** For `stream` in the settings of a connection. */
  readonly stream = (): Socket => {
    const socket = new Socket();
    this.#open.add(socket);
    return socket.once("close", () => this.#open.delete(socket));
  };

  /** Waits until all are closed, as whoever uses them has asked for; what is not by then is broken. */
  async close(patienceMs: number): Promise<void> {
    const limit = setTimeout(() => {
      for (const socket of this.#open) socket.destroy();
    }, patienceMs);
    await Promise.all([...this.#open].map((socket) => closed(socket)));
    clearTimeout(limit);
  }
}

async function closed(socket: Socket): Promise<void> {
  await new Promise((resolve) => {
    socket.once("close", resolve);
  });
}
