/** A TraceQL query with `{id}` in it, made one person's: whatever the identifier has in it, it is a literal. */
import { PluginError } from "contextcore";

/** The query of one person. */
interface TheirQuery {
  readonly query: string;
  /** It has the identifier in a regular expression, which may match more than whole words. */
  readonly isLoose: boolean;
}

/** A string, in quotes or in backticks, and whatever is between strings. */
const PARTS = /"(?:[^"\\]|\\.)*"|`[^`]*`|[^"`]+|["`]/gs;
const PLACE = "{id}";
const OPERATOR = /(=~|!~|!=|>=|<=|=|>|<)\s*$/;

/** Puts it in. @throws PluginError `invalid` where the query would not be about that person alone */
export function theirQuery(where: string, id: string): TheirQuery {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "tempo: an identifier without a letter or a digit matches no word");
  if (!where.includes(PLACE)) throw refused(`it has no ${PLACE}`);
  let [query, isLoose] = ["", false];
  for (const [part] of where.matchAll(PARTS)) {
    const operator = OPERATOR.exec(query)?.[1];
    if (!part.includes(PLACE)) query += part;
    else if (/^["`]./s.test(part)) {
      if (operator !== "=" && operator !== "=~") throw refused(`${PLACE} stands behind = or =~ alone`);
      isLoose ||= operator === "=~";
      query += stringWith(part, operator === "=~" ? quoted(id) : id);
    } else query += numberWith(part, id);
  }
  return { query, isLoose };
}

function stringWith(part: string, id: string): string {
  if (part.startsWith('"')) return part.replaceAll(PLACE, () => JSON.stringify(id).slice(1, -1));
  if (id.includes("`")) throw refused("this identifier cannot stand in backticks; use quotes");
  return part.replaceAll(PLACE, () => id);
}

/** `{ span.user.id = {id} }`: a whole number is compared as one. */
function numberWith(part: string, id: string): string {
  if (!/^-?\d{1,18}$/.test(id)) throw refused(`only a whole number stands outside of quotes: "${PLACE}"`);
  const all = part.split(PLACE);
  if (all.slice(0, -1).some((before) => OPERATOR.exec(before)?.[1] !== "="))
    throw refused(`${PLACE} stands behind = or =~ alone`);
  return all.join(id);
}

const quoted = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

const refused = (why: string): PluginError =>
  new PluginError("invalid", `tempo: where a person shows up is not understood: ${why}`, {
    hint: 'It is TraceQL: { span.user.id = "{id}" }, or { .http.url =~ ".*/users/{id}.*" }.',
  });
