import { z } from "zod";
import { UsageError } from "../../errors.ts";

/** What `restore create` may be told besides. */
export interface RestoreChoices {
  /** Everything belongs to the login, and nothing is granted to anyone. */
  readonly hasOwners: boolean;
  readonly hasGlobals: boolean;
  /** Ends the connections to a database that is replaced. */
  readonly mayForce: boolean;
  readonly jobs: number;
  /** A folder with room for the largest tables. */
  readonly staging: string | undefined;
}

const flag = z
  .union([z.boolean(), z.enum(["true", "false"])])
  .transform((value) => value === true || value === "true")
  .default(false);

const schema = z.strictObject({
  "no-owner": flag,
  "no-globals": flag,
  force: flag,
  jobs: z.coerce.number().int().min(1).max(64).default(2),
  staging: z.string().startsWith("/", { error: "must be an absolute path" }).optional(),
});

/** @throws UsageError that names the option */
export function readChoices(options: Readonly<Record<string, string | boolean>>): RestoreChoices {
  const result = schema.safeParse(options);
  if (result.success) {
    const { data } = result;
    return {
      hasOwners: !data["no-owner"],
      hasGlobals: !data["no-globals"],
      mayForce: data.force,
      jobs: data.jobs,
      staging: data.staging,
    };
  }
  const problems = result.error.issues.map((issue) =>
    issue.code === "unrecognized_keys"
      ? `there is no option "${issue.keys.join('", "')}"`
      : `option "${issue.path.join(".")}": ${issue.message}`,
  );
  throw new UsageError(problems.join("; "), {
    hint: "Options for databases: no-owner, no-globals, force, jobs, staging.",
  });
}
