import type { SourceType } from "../source.ts";
import { backUpOvf } from "./back-up.ts";
import { checkOvf } from "./check.ts";
import { decodeOvf } from "./decode.ts";
import { protectsOvf } from "./protects.ts";
import { sizeOfDocuments } from "./read.ts";
import { rehearseOvf } from "./rehearse.ts";
import { restoreMachines } from "./restore/restore-machines.ts";
import { type OvfSettings, ovfSettings } from "./settings.ts";

/** Virtual machines and templates of oVirt, as OVF documents. */
export const ovfSource: SourceType<OvfSettings> = {
  type: "ovf",
  summary: "oVirt's virtual machines and templates, as OVF documents; single ones can be restored",
  settings: ovfSettings,
  canIncrement: true,
  hasGroups: true,
  check: checkOvf,
  estimate: sizeOfDocuments,
  protects: protectsOvf,
  backUp: backUpOvf,
  restore: (options) => restoreMachines(options),
  decode: decodeOvf,
  rehearse: rehearseOvf,
};
