import { z } from "zod";
import { UsageError } from "../../../errors.ts";

/** What `restore create` may be told of machines. */
export interface RestoreChoices {
  /** Keeps ids and MAC addresses; else each restored machine is a copy of its own. */
  readonly register: boolean;
  /** A file that lists what exists there. */
  readonly inventory: string | undefined;
  /** Put to the names. */
  readonly suffix: string | undefined;
  /** Leaves out what is missing there, instead of refusing. */
  readonly mayBePartial: boolean;
  /** Of machines that are registered. */
  readonly reassignsBadMacs: boolean;
}

const flag = z
  .union([z.boolean(), z.enum(["true", "false"])])
  .transform((value) => value === true || value === "true")
  .default(false);

const schema = z.strictObject({
  register: flag,
  inventory: z.string().min(1, { error: "must name a file" }).optional(),
  suffix: z
    .string()
    .regex(/^[^\p{Cc}]+$/u, { error: "must be text without control characters" })
    .optional(),
  "allow-partial": flag,
  "reassign-bad-macs": flag,
});

/** @throws UsageError that names the option */
export function readChoices(options: Readonly<Record<string, string | boolean>>): RestoreChoices {
  const result = schema.safeParse(options);
  if (!result.success) {
    const problems = result.error.issues.map((issue) =>
      issue.code === "unrecognized_keys"
        ? `there is no option "${issue.keys.join('", "')}"`
        : `option "${issue.path.join(".")}": ${issue.message}`,
    );
    throw new UsageError(problems.join("; "), {
      hint: `Options for virtual machines: ${Object.keys(schema.shape).join(", ")}.`,
    });
  }
  const { register, inventory, suffix, ...flags } = result.data;
  if (flags["reassign-bad-macs"] && !register) {
    throw new UsageError("reassign-bad-macs is for machines that are registered", {
      hint: "Without --register all MAC addresses are new ones.",
    });
  }
  return {
    register,
    inventory,
    suffix,
    mayBePartial: flags["allow-partial"],
    reassignsBadMacs: flags["reassign-bad-macs"],
  };
}
