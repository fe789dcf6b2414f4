import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import type { Duplex } from "node:stream";
import { Socket } from "node:net";

type Connect = HttpAgent["createConnection"];

export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

/**
 * Connections that end when nothing has moved on them for so long. The SDK's own timeouts do not
 * serve: one bounds a whole request, however large, the other ends a body whose reader is slow.
 */
export function makeAgents(silenceMs: number, ca: string | undefined): Agents {
  const options = { keepAlive: true, timeout: silenceMs };
  return {
    httpAgent: new WatchedHttpAgent(options),
    httpsAgent: new WatchedHttpsAgent({ ...options, ...(ca === undefined ? {} : { ca }) }),
  };
}

class WatchedHttpAgent extends HttpAgent {
  override createConnection(...given: Parameters<Connect>): ReturnType<Connect> {
    return watch(super.createConnection(...given));
  }
}

class WatchedHttpsAgent extends HttpsAgent {
  override createConnection(...given: Parameters<Connect>): ReturnType<Connect> {
    return watch(super.createConnection(...given));
  }
}

function watch<T extends Duplex | null | undefined>(connection: T): T {
  if (connection instanceof Socket) {
    connection.on("timeout", () => {
      const error = new Error("the service was silent for too long");
      connection.destroy(Object.assign(error, { code: "ETIMEDOUT" }));
    });
  }
  return connection;
}
