import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export interface TcpProxy {
  readonly port: number;
  /** From now on nothing gets through and nobody is told: packets just get lost. */
  stall(): void;
  /** Breaks every connection, and takes no new one. */
  cut(): Promise<void>;
  /** New connections get through again; those that were stalled are lost. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/** A line between a server on loopback and who talks to it, that can be cut. */
export async function startTcpProxy(target: { readonly port: number }): Promise<TcpProxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const lost = new Set<unknown>();
  let isStalled = false;
  const server = createServer({ allowHalfOpen: true }, (near) => {
    near.on("error", () => undefined);
    const far = connect({ port: target.port, host: "127.0.0.1", allowHalfOpen: true });
    far.on("error", () => undefined);
    const pair = [near, far] as const;
    pairs.add(pair);
    if (isStalled) lost.add(pair);
    for (const [from, to] of [pair, [far, near]] as const) {
      from.on("data", (chunk: Buffer) => lost.has(pair) || to.write(chunk));
      // Of a lost one, the other end never hears, and nobody answers its goodbye.
      from.on("end", () => lost.has(pair) || to.end());
      from.on("close", () => lost.has(pair) || to.destroy());
    }
  });
  const listen = async (port: number): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  const cut = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of [...pairs].flat()) socket.resetAndDestroy();
    await closed;
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    stall() {
      isStalled = true;
      for (const pair of pairs) lost.add(pair);
    },
    cut,
    async heal() {
      isStalled = false;
      if (!server.listening) await listen(port);
    },
    async stop() {
      if (server.listening) await cut();
    },
  };
}
