/** Where a person shows up in a tree: a pattern of paths, with `{id}` for the identifier. */
import { PluginError } from "contextcore";
import { escaped } from "../names.ts";

/** Whether a path is a person's own, or lies in a directory that is. */
type IsTheirs = (path: string) => boolean;

/**
 * Reads a pattern: `users/{id}` with everything in it, `exports/*-{id}.csv`, and without `/` a name at any depth. The identifier is
 * meant literally, and no letter, digit or `_` of what a `*` or a `?` stands for may be right beside it: 12 does not match 123.
 * @throws PluginError `invalid` when it is no pattern of one person's paths
 */
export function theirsBy(where: string, id: string): IsTheirs {
  requireName(id);
  const pattern = where.replace(/^\/+/, "").replace(/(?:\/\*\*|\/)+$/, "");
  const parts = pattern.split(PLACE);
  const all = parts.map((part, n) => {
    const [isFirst, isLast] = [n === 0, n === parts.length - 1];
    return `${!isFirst && /^[*?]/.test(part) ? NO_WORD_AFTER : ""}${expressionOf(part)}${!isLast && /[*?]$/.test(part) ? NO_WORD_BEFORE : ""}`;
  });
  if (parts.length === 1) throw refused(`it has no ${PLACE}`);
  const path = all.join(quoted(escaped(id)));
  const whole = new RegExp(`^${pattern.includes("/") ? "" : ANYWHERE}${path}$`, "su");
  return (one) => {
    for (let end = one.length; end > 0; end = one.lastIndexOf("/", end - 1))
      if (whole.test(one.slice(0, end))) return true;
    return false;
  };
}

const PLACE = "{id}";
const ANYWHERE = "(?:.*/)?";
const NO_WORD_BEFORE = "(?<![\\p{L}\\p{N}_])";
const NO_WORD_AFTER = "(?![\\p{L}\\p{N}_])";

/** A part of the pattern between two identifiers. */
function expressionOf(part: string): string {
  const [odd] = /[[\]{}]/.exec(part) ?? [];
  if (odd !== undefined) throw refused(`${odd} has no meaning in it, only *, ** and ? have`);
  const marks = escaped(part).match(/\*\*\/|\*\*|\*|\?|[^*?]+/g) ?? [];
  return marks.map((mark) => MARKS[mark] ?? quoted(mark)).join("");
}

const MARKS: Readonly<Record<string, string>> = {
  "**/": ANYWHERE,
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};

const quoted = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&");

/** @throws PluginError for what is no part of a name, or of nearly every one */
function requireName(id: string): void {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "files: an identifier without a letter or a digit matches no word");
  if (/[/\0]/.test(id)) throw new PluginError("invalid", "files: an identifier with a slash is in no name");
}

const refused = (why: string): PluginError =>
  new PluginError("invalid", `files: where a person shows up is not understood: ${why}`, {
    hint: "It is a pattern of paths below the directory: users/{id}, exports/*-{id}.csv, {id}.json.",
  });
