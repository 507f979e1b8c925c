// What a benchmark gives, on screen and in bench/results: JSON for machines, Markdown for people.
import { mkdirSync, writeFileSync } from "node:fs";
import { PROJECT } from "./bundle.ts";
import { machine } from "./machine.ts";

/** Column -> value. Rows of one table have the same columns. */
export type Row = Readonly<Record<string, string | number>>;

export interface Table {
  readonly title: string;
  readonly rows: readonly Row[];
}

export interface Report {
  readonly tables: readonly Table[];
  /** What a reader must know to trust the figures: units, rounds, limits. */
  readonly notes: readonly string[];
}

export interface RunFacts {
  readonly name: string;
  readonly about: string;
  readonly startedAt: string;
  readonly wallSeconds: number;
  readonly loadBefore: number;
  readonly loadAfter: number;
}

export function markdownTable(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
  return [line(columns), line(columns.map(() => "---")), ...rows.map((row) => line(columns.map((column) => shown(row[column]))))].join("\n");
}

function shown(value: string | number | undefined): string {
  return typeof value === "number" ? value.toLocaleString("en-US", { maximumFractionDigits: 2 }) : (value ?? "");
}

export function printTable({ title, rows }: Table): void {
  const columns = Object.keys(rows[0] ?? {});
  const cells = [columns, ...rows.map((row) => columns.map((column) => shown(row[column])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  console.log(`\n${title}`);
  for (const line of cells) console.log(line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  "));
}

/** Writes `bench/results/<name>.json` and `.md`. Nothing in them says whose machine it was. */
export function save(report: Report, facts: RunFacts): void {
  const folder = `${PROJECT}bench/results`;
  mkdirSync(folder, { recursive: true });
  const about = machine();
  writeFileSync(`${folder}/${facts.name}.json`, `${JSON.stringify({ ...facts, machine: about, ...report }, null, 2)}\n`);
  const packages = Object.entries(about.packages).map(([name, version]) => `${name} ${version}`);
  const text = [
    `# ${facts.name}`,
    facts.about,
    `Measured ${facts.startedAt.slice(0, 10)} on ${about.cpu}, ${about.cores} cores, ${about.memoryGib} GiB; Node ${about.node.slice(1)}; ${packages.join(", ")}. Load average ${facts.loadBefore} before, ${facts.loadAfter} after; the run took ${facts.wallSeconds} s. Run again with \`npm run bench -- ${facts.name}\`.`,
    ...report.tables.flatMap(({ title, rows }) => [`## ${title}`, markdownTable(rows)]),
    ...(report.notes.length > 0 ? ["## Notes", report.notes.map((note) => `- ${note}`).join("\n")] : []),
  ];
  writeFileSync(`${folder}/${facts.name}.md`, `${text.join("\n\n")}\n`);
}

export function round(value: number, digits = 1): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The value under which `share` of the values lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}
