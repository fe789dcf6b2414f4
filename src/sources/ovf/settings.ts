import { z } from "zod";
import { urlSetting } from "../../postgresql/url-setting.ts";
import { booleanSetting, pathSetting } from "../../providers/setting-schemas.ts";

/** Settings of a source of type `ovf`: one of path and url. */
export interface OvfSettings {
  readonly path?: string | undefined;
  readonly url?: string | undefined;
  /** Read where a backup is sealed, by SQL. */
  readonly allow_shrink?: boolean | undefined;
}

export const ovfSettings: z.ZodType<OvfSettings> = z
  .strictObject({
    path: pathSetting()
      .transform((path) => path.replace(/(?<=.)\/+$/, ""))
      .optional()
      .describe("a folder of OVF documents, or an OVF_STORE, absolute"),
    url: urlSetting().optional().describe("an engine's database, as secret:NAME"),
    allow_shrink: booleanSetting()
      .optional()
      .describe(
        "whether a source that lost more than half of its machines is taken for what it is",
      ),
  })
  .refine(({ path, url }) => (path === undefined) !== (url === undefined), {
    error: "give either path or url",
  });
