/** How a text may be spelled inside of JSON, where texts of JSON stand in texts of JSON. */
import { holdsWord } from "../../contract/holds-word.ts";

/** The value itself; as JSON writes it; and as JSON writes it that is to be ASCII. Each once. */
function spellingsOf(value: string): readonly string[] {
  const written = JSON.stringify(value).slice(1, -1);
  return [...new Set([value, written, inAscii(written)])];
}

const inAscii = (text: string): string =>
  text.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** Whether a text has the value in it as a whole word, however it is spelled. */
export function holdsSpelled(value: string): (text: string) => boolean {
  const all = spellingsOf(value).map(holdsWord);
  return (text) => all.some((holds) => holds(text));
}

/** Also behind an escape, as in the JSON that a text may be: rather too much is blotted out than too little. */
const START = String.raw`(?:(?<![\p{L}\p{N}_])|(?<=\\(?:[bfnrt]|u[0-9a-fA-F]{4})))`;
const END = String.raw`(?![\p{L}\p{N}\p{M}_])`;

/** What stands where an identifier stood. */
const BLOT = "***";

/** Takes the value out of a text, wherever it is a whole word, however it is spelled. */
export function blotting(value: string): (text: string) => string {
  const literal = spellingsOf(value).map((one) => one.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  const pattern = new RegExp(`${START}(?:${literal.join("|")})${END}`, "gu");
  return (text) => text.replaceAll(pattern, BLOT);
}
