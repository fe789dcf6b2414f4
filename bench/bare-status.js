// The yardstick of `lastgood status`: the same questions with pg, and nothing else.
import { Client } from "pg";

const client = new Client();
await client.connect();
await client.query("set jit = off");
const systems = await client.query("select * from lastgood.system_status order by fqdn");
const scopes = await client.query("select * from lastgood.backup_status order by fqdn, scope");
await client.end();
process.stdout.write(`${JSON.stringify([systems.rows, scopes.rows])}\n`);
