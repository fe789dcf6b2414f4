import type { Command } from "commander";
import { withDatabase } from "../database.ts";
import { diagnose, type Finding } from "../doctor.ts";
import { exit } from "../exit.ts";
import type { Io } from "../io.ts";
import { type CommonOptions, resultCommand, printResult } from "./command.ts";
import { renderTable } from "../format.ts";

export function doctorCommand(io: Io): Command {
  return resultCommand("doctor", "Find out what keeps lastgood from telling the truth.").action(
    async (options: CommonOptions) => {
      const findings = await withDatabase(io, options, async (client) => diagnose(client, io));
      printResult(io, options, findings, render);
      if (findings.some((finding) => finding.outcome !== "ok")) {
        io.setExitStatus(exit.failed);
      }
    },
  );
}

function render(findings: readonly Finding[]): string {
  const rows = findings.map(({ outcome, subject, detail }) => [outcome, subject, detail]);
  const hints = findings.flatMap(({ subject, hint }) =>
    hint ? [`hint (${subject}): ${hint}`] : [],
  );
  return [renderTable(["OUTCOME", "SUBJECT", "DETAIL"], rows), ...hints].join("\n");
}
