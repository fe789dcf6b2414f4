import { z } from "zod";
import { urlSetting } from "../../postgresql/url-setting.ts";
import { pathSetting } from "../../providers/setting-schemas.ts";

/** Settings of a source of type `ovf`: one of the two. */
export interface OvfSettings {
  readonly path?: string | undefined;
  readonly url?: string | undefined;
}

export const ovfSettings: z.ZodType<OvfSettings> = z
  .strictObject({
    path: pathSetting()
      .transform((path) => path.replace(/(?<=.)\/+$/, ""))
      .optional()
      .describe("a folder of OVF documents, or an OVF_STORE, absolute"),
    url: urlSetting().optional().describe("an engine's database, as secret:NAME"),
  })
  .refine(({ path, url }) => (path === undefined) !== (url === undefined), {
    error: "give either path or url",
  });
