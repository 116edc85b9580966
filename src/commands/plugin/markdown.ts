import type { Description } from "./describe.ts";

/** A plugin's section of the documentation, from its declaration alone, so it does not depend on this machine. */
export function toMarkdown({ plugin, about, capabilities, options, tried = [] }: Description): string {
  return [
    `## ${plugin}`,
    "",
    `${about}. It can: ${capabilities.join(", ")}.`,
    ...(tried.length === 0
      ? []
      : ["", `Tried with running servers, and exact, record for record: ${tried.join(", ")}.`]),
    "",
    "| option | what it is | type | default | environment |",
    "|---|---|---|---|---|",
    ...options.map((option) => `| ${cells(option).map(escaped).join(" | ")} |`),
  ].join("\n");
}

function cells({
  name,
  about,
  type,
  fallback,
  required,
  secret,
  environment,
}: Description["options"][number]): string[] {
  const kind = secret ? `${type}, secret` : type;
  const present = fallback === undefined ? (required ? "required" : "") : code(fallback);
  return [code(name), about, kind, present, environment.map(code).join(" ")];
}

const code = (value: unknown): string => `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

const escaped = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");
