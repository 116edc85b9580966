/**
 * Writes control characters, and those that reverse text or are invisible, as escapes. Otherwise a terminal would obey them
 * and show something other than what runs (https://trojansource.codes).
 */
export const visible = (text: string): string =>
  text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
    /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const LINE_ENDS = /(\n)/;
/** The sequences for our own colours, none of which hides text. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const LINE_ENDS_AND_COLORS = /(\n|\u001b\[(?:1|2|22|3[1-6]|39)m)/;

/** Like {@link visible}, for whole text that goes to a terminal: newlines stay. @param colored our own colours also stay */
export const visibleLines = (text: string, colored: boolean): string =>
  text
    .split(colored ? LINE_ENDS_AND_COLORS : LINE_ENDS)
    .map((piece, index) => (index % 2 === 1 ? piece : visible(piece)))
    .join("");
