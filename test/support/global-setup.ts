import { Client } from "pg";
import type { TestProject } from "vitest/node";
import { install } from "../../src/install.ts";
import { startTestServer } from "./server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A superuser's URL for the maintenance database of the test server. */
    readonly serverUrl: string;
    readonly serverMajor: number;
    /** Name of a database with a fresh install, to copy. */
    readonly template: string;
  }
}

/** One server and one template database for all test files. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const server = await startTestServer();
  const template = `lastgood_template_${process.pid}`;
  await run(server.url, `create database ${template}`);
  const url = new URL(server.url);
  url.pathname = `/${template}`;
  const client = new Client({ connectionString: url.href });
  await client.connect();
  await install(client);
  await client.end();
  project.provide("serverUrl", server.url);
  project.provide("serverMajor", server.major);
  project.provide("template", template);
  return async () => {
    await run(server.url, `drop database if exists ${template}`);
    await server.stop();
  };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
