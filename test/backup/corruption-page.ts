/** One kind of damage, and what each level finds. */
export interface Row {
  readonly damage: string;
  readonly results: readonly string[];
}

type Section = readonly [title: string, rows: readonly Row[]];

/** The text of docs/corruption.md. */
export function corruptionPage(levels: readonly string[], sections: readonly Section[]): string {
  const tables = sections.map(([title, rows]) => tableOf(levels, title, rows));
  return `${introduction}\n${tables.join("\n")}`;
}

const introduction = `# What verification finds

<!-- Written by test/backup/corruption.test.ts: LASTGOOD_UPDATE_DOCS=1 npx vitest run test/backup/corruption.test.ts -->

Every cell was measured: a backup of a folder was made, one object of it was damaged as the row says, and
\`lastgood backup verify --level LEVEL\` was asked. What results and levels mean is told in [backups.md](backups.md#verify).

- \`stored\` looks at the sizes of contents alone, so it finds no flipped bit there. \`checksum\` finds all damage to what is stored.
- The head and the directory of a manifest are compared whenever it is opened, also by \`stored\` and before a restore. In layout
  \`tree\` its list is read at every level.
- What was damaged was put back afterwards, and \`verify\` called the backup \`ok\` again.
- A key or a folder that is not there says nothing about a backup, and never makes it bad.
`;

function tableOf(levels: readonly string[], title: string, rows: readonly Row[]): string {
  const head = `| damage | ${levels.map((level) => `\`${level}\``).join(" | ")} |`;
  const lines = joined(rows).map(({ damage, results }) => `| ${damage} | ${results.join(" | ")} |`);
  const rule = `| --- |${" --- |".repeat(levels.length)}`;
  return `## ${title}\n\n${[head, rule, ...lines].join("\n")}\n`;
}

/** Rows that follow each other and differ in a number alone are one where they have the same results. */
function joined(rows: readonly Row[]): readonly Row[] {
  const groups: Row[][] = [];
  for (const row of rows) {
    const last = groups.at(-1);
    const before = last?.at(-1);
    const isLike =
      before !== undefined &&
      kindOf(before) === kindOf(row) &&
      kindOf(row) !== row.damage &&
      before.results.join() === row.results.join();
    if (isLike) last?.push(row);
    else groups.push([row]);
  }
  return groups.map((group) => {
    const [first, last] = [group[0], group.at(-1)];
    const numbers = group.map(numberOf);
    const range = numbers.length > 2 ? `${numbers[0]} to ${numbers.at(-1)}` : numbers.join(" or ");
    const damage = first?.damage.replace(/\d+(?= %)/, range) ?? "";
    return { damage, results: last?.results ?? [] };
  });
}

function kindOf({ damage }: Row): string {
  return damage.replace(/\d+(?= %)/, "n");
}

function numberOf({ damage }: Row): string {
  return /\d+(?= %)/.exec(damage)?.[0] ?? "";
}
