import { z } from "zod";
import { booleanSetting, pathSetting } from "../../providers/setting-schemas.ts";

/** Settings of a source of type `files`. */
export interface FilesSettings {
  readonly path: string;
  readonly exclude: readonly string[];
  readonly one_file_system: boolean;
  readonly read: "changed" | "all";
  readonly allow_shrink: boolean;
}

export const filesSettings: z.ZodType<FilesSettings> = z.strictObject({
  path: pathSetting()
    .transform((path) => path.replace(/(?<=.)\/+$/, ""))
    .describe("the folder, absolute"),
  exclude: z
    .union([z.string().transform(patternsIn), z.array(z.string())])
    .default([])
    .describe("what is left out: patterns as in .gitignore, with commas between them"),
  one_file_system: booleanSetting()
    .default(true)
    .describe("whether other file systems mounted below are left out, default true"),
  read: z
    .enum(["changed", "all"])
    .default("changed")
    .describe("which files an incremental backup reads: changed (by size, times and inode) or all"),
  allow_shrink: booleanSetting()
    .default(false)
    .describe("whether a folder that lost more than half of its entries is taken for what it is"),
});

function patternsIn(text: string): string[] {
  const patterns = text.split(",").map((pattern) => pattern.trim());
  return patterns.filter((pattern) => pattern !== "");
}
