import { redactedWords } from "../redact/json.ts";

/** What took a secret's place needs no quotes either. */
const PLAIN = /^(?:[\w@%+=:,./-]|\*{3})+$/;

/**
 * The command as it would be typed into a shell, for people and for the trail: what looks like a secret in it is blotted
 * out. It is never given to a shell.
 */
export const commandText = (command: readonly string[]): string =>
  redactedWords(command)
    .map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(" ");
