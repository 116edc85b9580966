import type { PluginFiles } from "./files.ts";

/** What a person should know before trusting code, and the patterns that reveal it. */
const SIGNS: readonly (readonly [sign: RegExp, what: string])[] = [
  [
    /\b(Bun\.spawn|Bun\.\$|child_process|from "bun"|node:worker_threads|node:cluster)/,
    "starts other programs",
  ],
  [/\b(process\.env|Bun\.env|import\.meta\.env)\b|\/proc\//, "reads the environment"],
  [/\b(Bun\.write|writeFile|appendFile|createWriteStream|unlink|rmSync|rename)\b/, "writes or removes files"],
  [/\b(Bun\.file|readFile|createReadStream|readdir|openSync|bun:sqlite)\b/, "reads files"],
  [
    /\b(fetch\s*\(|Bun\.connect|Bun\.listen|Bun\.udpSocket|WebSocket|node:(net|http|https|dgram|tls|dns)\b)/,
    "opens connections of its own",
  ],
  [/\b(eval\s*\(|new Function\s*\(|node:vm\b|bun:ffi|\.node["'])/, "runs code that is not in its files"],
];

/**
 * What a plugin's own code and imports use beyond the contract. This is a first look, not a proof: code can hide what it
 * does.
 */
export function usesOf({ code, imports }: PluginFiles): string[] {
  const text = [...code.values(), ...imports].join("\n");
  return SIGNS.flatMap(([sign, what]) => (sign.test(text) ? [what] : []));
}
