/** Recognizes secrets by the program that takes them: `curl -u user:password`, `mysql -pPASSWORD`, `docker login -p PASSWORD`. */
import { BLOT } from "./rules.ts";

const PROGRAM = /^(?:.*\/)?(curl|mysql\w*|mariadb[\w-]*|login|redis-cli|sshpass)$/;

/** The program that the next flags belong to. @param before the one so far */
export const programAfter = (before: string, word: string): string => PROGRAM.exec(word)?.[1] ?? before;

/** Whether the word after the flag is a secret, or has one after its colon. */
function holdsSecret(program: string, flag: string): "whole" | "behind-colon" | undefined {
  if (program === "curl") return /^(?:-u|-U|--(?:proxy-)?user)$/.test(flag) ? "behind-colon" : undefined;
  if (program === "login" || program === "sshpass") return flag === "-p" ? "whole" : undefined;
  return program === "redis-cli" && flag === "-a" ? "whole" : undefined;
}

const blotted = (kind: "whole" | "behind-colon", value: string): string =>
  kind === "whole" ? BLOT : value.replace(/:[\s\S]+$/, `:${BLOT}`);

/** One of the program's words without its secret. @param before the word before it */
export function withoutSecret(program: string, before: string, word: string): string {
  const kind = holdsSecret(program, before);
  if (kind !== undefined) return blotted(kind, word);
  if (/^(?:mysql|mariadb)/.test(program)) return word.replace(/^-p[\s\S]+$/, `-p${BLOT}`);
  const [, flag = "", value = ""] = /^(--[\w-]+=|-\w)([\s\S]+)$/.exec(word) ?? [];
  const attached = holdsSecret(program, flag.replace("=", ""));
  return attached === undefined ? word : flag + blotted(attached, value);
}

const WORD = /"(?:\\[\s\S]|[^"\\])*"|'[^']*'|[^\s"']+/g;

/** The same in a text that contains a command. */
export function programSecretsBlotted(text: string): string {
  if (!/curl|mysql|mariadb|login|redis-cli|sshpass/.test(text)) return text;
  let program = "";
  let before = "";
  return text.replace(WORD, (word) => {
    const [, quote = "", bare = ""] = /^(["']?)([\s\S]*?)\1$/.exec(word) ?? [];
    const clean =
      /\s/.test(bare) && quote !== "" && holdsSecret(program, before) === undefined
        ? bare
        : withoutSecret(program, before, bare);
    program = /^[|;&]+$/.test(word) ? "" : programAfter(program, bare);
    before = bare;
    return clean === bare ? word : quote + clean + quote;
  });
}
