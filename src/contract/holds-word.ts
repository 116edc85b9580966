/**
 * Whether a text has this very value in it, as a whole word: no letter, digit or `_` stands right beside it, and no accent upon its
 * end. So a search for 12 does not find 123. Texts that are quoted in it count as what they say: in `{"to":"\\u003cann@example.com"}`
 * the address is a word. Everything that looks for a person's identifier uses it, so that all of them find the same.
 * @param value taken literally, never as a pattern
 */
export function holdsWord(value: string): (text: string) => boolean {
  const pattern = new RegExp(
    `(?<![\\p{L}\\p{N}_])${value.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&")}(?![\\p{L}\\p{N}\\p{M}_])`,
    "u",
  );
  const holds = (text: string): boolean =>
    (text.includes(value) && pattern.test(text)) || (text.includes("\\") && quotedIn(text).some(holds));
  return holds;
}

/** What a text has in quotes, as JSON means it; each is shorter than the text. */
function quotedIn(text: string): string[] {
  const meant: string[] = [];
  for (let from = text.indexOf('"'); from !== -1; ) {
    const end = endOfQuoted(text, from);
    if (end === -1) break;
    const quoted = text.slice(from, end + 1);
    if (quoted.includes("\\")) meant.push(...meantBy(quoted));
    from = text.indexOf('"', end + 1);
  }
  return meant;
}

/** Each character is looked at once, whoever wrote the text. */
function endOfQuoted(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return -1;
}

function meantBy(quoted: string): string[] {
  try {
    const meant: unknown = JSON.parse(quoted);
    return typeof meant === "string" ? [meant] : [];
  } catch {
    return [];
  }
}
