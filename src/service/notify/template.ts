/** What is posted: a template, with the values of one message in its texts. */
import { PLACEHOLDER, type Placeholder } from "../../config/notify.ts";

/** What a template's placeholders stand for; one that is absent stands for nothing. */
export type MessageValues = Readonly<Partial<Record<Placeholder, string>>>;

/** What is posted to who has no template. */
const PLAIN = {
  state: "{{state}}",
  kind: "{{kind}}",
  title: "{{title}}",
  message: "{{message}}",
  hint: "{{hint}}",
  stack: "{{stack}}",
  host: "{{host}}",
  schedule: "{{schedule}}",
  task: "{{task}}",
  since: "{{since}}",
  until: "{{until}}",
};

/**
 * The template as JSON text. Values stand inside its texts and can add nothing else to it; a member whose whole text stands for
 * nothing is left out.
 */
export const filled = (template: unknown, values: MessageValues): string =>
  JSON.stringify(withValues(template ?? PLAIN, values)) ?? "null";

function withValues(template: unknown, values: MessageValues): unknown {
  if (typeof template === "string") return textWith(template, values);
  if (Array.isArray(template)) return template.map((one) => withValues(one, values));
  if (typeof template !== "object" || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([name, one]) => [name, withValues(one, values)]));
}

function textWith(text: string, values: MessageValues): string | undefined {
  const said = (name: string): string | undefined => values[name as Placeholder];
  const [all, name = ""] = text.match(new RegExp(`^${PLACEHOLDER.source}$`)) ?? [];
  if (all !== undefined) return said(name);
  return text.replace(PLACEHOLDER, (_, one: string) => said(one) ?? "");
}
