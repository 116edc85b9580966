const PLAIN = /^[\w@%+=:,./-]+$/;

/** The command as it would be typed into a shell; it is never given to one. */
export const commandText = (command: readonly string[]): string =>
  command.map((word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(" ");
