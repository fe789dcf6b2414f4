import { readFile } from "node:fs/promises";
import { z } from "zod";
import { UsageError } from "../../../errors.ts";
import { macOf } from "./tokens.ts";

/** What exists where machines are restored to. What is undefined is not known. Ids are in lower case. */
export interface Inventory {
  /** Names by ids. */
  readonly machines: ReadonlyMap<string, string> | undefined;
  /** Whether a disk belongs to something there, or only lies on storage. */
  readonly disks: ReadonlyMap<string, { readonly isRegistered: boolean }> | undefined;
  readonly networks: ReadonlySet<string> | undefined;
  readonly macs: ReadonlySet<string> | undefined;
}

const id = z.string().min(1);
const mac = z
  .string()
  .refine((text) => macOf(text) !== undefined, { error: "is no MAC address" })
  .transform((text) => macOf(text) ?? text);

// Machines and disks may say more than is asked of them: lists come from other programs.
const schema = z.strictObject({
  vms: z.array(z.looseObject({ id, name: z.string() })).optional(),
  disks: z.array(z.looseObject({ id, registered: z.boolean().default(true) })).optional(),
  networks: z.array(z.string()).optional(),
  macs: z.array(mac).optional(),
});

const hint =
  'It looks like {"vms": [{"id": "…", "name": "…"}], "disks": [{"id": "…"}], "networks": ["…"], "macs": ["…"]}; what is left out is not judged.';

/** @throws UsageError that names the field, where it is not what it should be */
export async function readInventory(path: string): Promise<Inventory> {
  const result = schema.safeParse(parse(path, await read(path)));
  if (!result.success) {
    const problems = result.error.issues.map((issue) => describe(issue));
    throw new UsageError(`the inventory ${path}: ${problems.join("; ")}`, { hint });
  }
  const { vms, disks, networks, macs } = result.data;
  return {
    machines: vms && new Map(vms.map((vm) => [vm.id.toLowerCase(), vm.name])),
    disks:
      disks &&
      new Map(disks.map((disk) => [disk.id.toLowerCase(), { isRegistered: disk.registered }])),
    networks: networks && new Set(networks),
    macs: macs && new Set(macs),
  };
}

async function read(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const isMissing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    throw new UsageError(`the inventory ${path} ${isMissing ? "is not there" : "cannot be read"}`, {
      cause,
      hint: "Name a file with --inventory, or leave it out: then nothing is compared.",
    });
  }
}

function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UsageError(`the inventory ${path} is not JSON`, { cause, hint });
  }
}

function describe(issue: z.core.$ZodIssue): string {
  const place = issue.path.map((key) => (typeof key === "number" ? `[${key}]` : `.${String(key)}`));
  const field = place.join("").replace(/^\./, "");
  if (issue.code === "unrecognized_keys") return `"${issue.keys.join('", "')}" is not known`;
  return `${field === "" ? "the whole" : field}: ${issue.message}`;
}
