/**
 * Control characters, line breaks, and those that turn text around or hide in it, as they are written in source: a terminal
 * would obey them, and show something else than what is there (https://trojansource.codes). In JSON it stays the same value.
 */
export const visible = (text: string): string => text.replace(UNSEEN, escaped);

/** All of Unicode's controls, formats, line and paragraph separators and lone surrogates, but the tab. */
const UNSEEN = /(?!\t)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (character: string): string => {
  if (character === "\n") return "\\n";
  return Array.from({ length: character.length }, (_, unit) => {
    const code = character.charCodeAt(unit).toString(16).padStart(4, "0");
    return `\\u${code}`;
  }).join("");
};
