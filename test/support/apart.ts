/** A built-in plugin as if it were a stranger's: copied, renamed, and checked in processes of its own. */
import { cpSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { run } from "./binary.ts";
import { temporaryDirectory } from "./directory.ts";

/** What each rule said. */
export interface CheckedApart {
  readonly exitCode: number;
  readonly verdicts: Readonly<Record<string, readonly string[]>>;
}

/** Runs `plugin check` on it. @param args further arguments: its server, its options */
export async function checkedApart(name: string, args: readonly string[]): Promise<CheckedApart> {
  const cwd = temporaryDirectory();
  cpSync(resolve(import.meta.dir, "../../plugins", name), join(cwd, "acme", name), { recursive: true });
  const source = `import plugin from "./${name}/index.ts";\nexport default { ...plugin, name: "acme/${name}" };\n`;
  writeFileSync(join(cwd, "acme", "index.ts"), source);
  const { stdout, stderr, exitCode } = await run(["plugin", "check", "./acme", "--json", ...args], { cwd });
  const report: { rules: { rule: string; verdict: string; message?: string }[] } = JSON.parse(
    stdout === ""
      ? `{"rules":[{"rule":"none","verdict":"failed","message":${JSON.stringify(stderr)}}]}`
      : stdout,
  );
  const said = report.rules.map(({ rule, verdict, message = "" }) => ({
    verdict,
    text: verdict === "failed" ? `${rule}: ${message}` : rule,
  }));
  const grouped = Map.groupBy(said, ({ verdict }) => verdict);
  return {
    exitCode,
    verdicts: Object.fromEntries(
      [...grouped].map(([verdict, all]) => [verdict, all.map(({ text }) => text)]),
    ),
  };
}
