/** One person's data as text: for people, or as one JSON document for another program. */
import { toYaml } from "../contract/yaml.ts";
import type { Search } from "./subject-found.ts";
import type { Gathered, GatheredRecord } from "./subject-gathered.ts";

/** What is handed over. */
interface HandedOver {
  readonly search: Pick<Search, "parts" | "unsearched">;
  readonly gathered: Pick<Gathered, "each">;
  /** RFC 3339. */
  readonly created: string;
}

/** With headings by source, and each record below its time. */
export async function* asPages({ search, gathered, created }: HandedOver): AsyncGenerator<string> {
  yield `# Data of one person, ${created}\n\nWhere it was found:\n\n`;
  for (const { source, name, backend, count, unit, where, stays } of search.parts)
    yield `- ${source} ${[name, backend].filter((one) => one !== undefined).join(", ")}: ${count} ${unit}, ${where}${stays === undefined ? "" : ` (${stays})`}\n`;
  if (search.unsearched.length > 0) yield "\nWhat could not be looked through:\n\n";
  for (const { name, reason } of search.unsearched) yield `- ${name}: ${reason}\n`;
  let before = "";
  for await (const record of gathered.each()) {
    const heading = headingOf(record);
    if (heading !== before) yield `\n## ${heading}\n`;
    before = heading;
    yield `\n### ${record.time ?? record.unit}, in ${record.name}\n\n${indented(toYaml(JSON.parse(record.data)))}`;
  }
}

const headingOf = ({ source, backend, file }: GatheredRecord): string =>
  backend === undefined ? source : `${backend}: ${file}`;

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, "    ");

/** @param head the members of the document before its records */
export async function* asDocument(
  head: object,
  { gathered }: Pick<HandedOver, "gathered">,
): AsyncGenerator<string> {
  yield `${JSON.stringify(head).slice(0, -1)},"records":[`;
  let isFirst = true;
  for await (const { data, ...record } of gathered.each()) {
    yield `${isFirst ? "\n" : ",\n"}${JSON.stringify(record).slice(0, -1)},"data":${data}}`;
    isFirst = false;
  }
  yield "\n]}\n";
}
