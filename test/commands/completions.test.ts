/** Completions, as the shells themselves work them out: bash and zsh on a terminal, fish by its own question. */
import { beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binary, cleanEnv, run } from "../support/binary.ts";
import { declaredBuiltIns } from "../support/built-ins.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { needPrograms } from "../support/programs.ts";

const home = temporaryDirectory({
  "contextcore.yaml": "plugins: [./x, ./new]\nstores:\n  offsite: { plugin: directory, path: ./offsite }\n",
  "contextcore.lock": JSON.stringify({
    version: 1,
    plugins: { "./x": { name: "acme/lines", uses: [], hash: "0".repeat(64), files: {} } },
  }),
  "notes.txt": "",
  "folder/inside.txt": "",
});
const bin = join(home, "bin");

beforeAll(async () => {
  mkdirSync(bin);
  symlinkSync(binary, join(bin, "contextcore"));
  needPrograms("bash", "zsh", "fish");
  for (const shell of ["bash", "zsh", "fish"]) {
    writeFileSync(
      join(home, `completions.${shell}`),
      (await run(["completions", shell], { cwd: home })).stdout,
    );
  }
}, 120_000);

const env = () => ({ ...cleanEnv(home), PATH: `${bin}:${process.env.PATH}`, TERM: "dumb" });

/** What the program offers after these words. */
async function offered(words: readonly string[], shell = "fish"): Promise<string[]> {
  const { stdout, exitCode } = await run(["completions", shell, "--", ...words], { cwd: home });
  expect(exitCode).toBe(0);
  return stdout.split("\n").filter((line) => line !== "");
}
const wordsOf = (lines: readonly string[]): string[] => lines.map((line) => line.split("\t")[0] ?? "");

describe("the program offers", () => {
  test("commands, with what they do", async () => {
    expect(await offered(["exp"])).toEqual([expect.stringMatching(/^export\t\w/)]);
    expect(wordsOf(await offered(["plugin", ""]))).toEqual([
      "list",
      "info",
      "new",
      "check",
      "add",
      "trust",
      "remove",
    ]);
    expect(wordsOf(await offered(["help", "inv"]))).toEqual(["inventory"]);
    expect(await offered(["no-such-command", ""])).toEqual([]);
  });

  test("flags that were not given yet, and again those that may be repeated", async () => {
    const first = wordsOf(await offered(["export", "--"]));
    expect(first).toContain("--plugin");
    expect(first).toContain("--json");
    const later = wordsOf(await offered(["export", "--json", "--plugin", "loki", "--"]));
    expect(later).toContain("--plugin");
    expect(later).not.toContain("--json");
  });

  test("values: written in the declaration, or known to the project", async () => {
    expect(wordsOf(await offered(["completions", ""]))).toEqual(["bash", "zsh", "fish"]);
    expect(wordsOf(await offered(["destroy", "--option", ""]))).toEqual(["1", "2", "3"]);
    const builtIns = await declaredBuiltIns();
    const plugins = [...builtIns.map(({ name }) => name), "acme/lines"];
    expect(plugins).toContain("webhook");
    expect(wordsOf(await offered(["plugin", "info", ""]))).toEqual(plugins);
    const asked = builtIns.filter(({ plugin, onlyNamed }) => plugin.backend !== undefined && !onlyNamed);
    const backends = [...asked.map(({ name }) => name), "acme/lines"];
    expect(backends).toContain("loki");
    for (const command of ["inventory", "export", "restore"])
      expect(wordsOf(await offered([command, "--plugin", ""]))).toEqual(backends);
    expect(wordsOf(await offered(["inventory", "--plugin=ac"]))).toEqual(["--plugin=acme/lines"]);
    expect(wordsOf(await offered(["plugin", "trust", ""]))).toEqual(["acme/lines", "./new"]);
    expect(wordsOf(await offered(["plugin", "remove", ""]))).toEqual(["acme/lines", "./new"]);
    expect(wordsOf(await offered(["plugin", "check", "./x", "--rule", "records-"]))).toEqual([
      "records-are-json",
      "records-in-format",
    ]);
    expect(wordsOf(await offered(["snapshots", "show", ""]))).toEqual(["latest"]);
    expect(wordsOf(await offered(["snapshots", "copy", "latest", "--to", ""]))).toEqual(["offsite"]);
    expect(wordsOf(await offered(["recover", "--from", ""]))).toEqual(["offsite", "latest"]);
    expect(await offered(["--config", ""])).toEqual([]);
    expect(await offered(["inventory", "--config", ""])).toEqual([":files"]);
  });

  test("nothing, and no error, where the configuration is broken", async () => {
    const cwd = temporaryDirectory({ "contextcore.yaml": "{{{{", "contextcore.lock": "{{{{" });
    const finished = await run(["completions", "fish", "--", "snapshots", "show", ""], { cwd });
    expect(finished).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });
});

describe("fish", () => {
  const ask = (line: string): string[] => {
    const command = `source completions.fish; complete -C ${JSON.stringify(line)}`;
    const { stdout, stderr } = Bun.spawnSync(["fish", "--no-config", "-c", command], {
      cwd: home,
      env: env(),
    });
    expect(stderr.toString()).toBe("");
    return stdout.toString().trim().split("\n");
  };

  test("completes commands, flags, values and files", () => {
    expect(ask("contextcore expo")).toEqual([expect.stringMatching(/^export\t/)]);
    expect(ask("contextcore export --plug")).toEqual([expect.stringMatching(/^--plugin\t/)]);
    expect(ask("contextcore export --plugin acm")).toEqual(["acme/lines\t./x"]);
    expect(ask("contextcore inventory --config no")).toEqual(["notes.txt"]);
  });
});

/** Types keys into a shell on a terminal, and gives back the command line that stands there after TAB. */
async function typed(command: readonly string[], start: string, keys: string): Promise<string> {
  let shown = "";
  let wake = (): void => undefined;
  const child = Bun.spawn([...command], {
    cwd: home,
    env: { ...env(), PS1: "READY> ", PS2: "" },
    terminal: {
      cols: 200,
      rows: 50,
      data: (_, data) => {
        shown += new TextDecoder().decode(data);
        wake();
      },
    },
  });
  const until = async (wanted: RegExp): Promise<void> => {
    const end = Date.now() + 10_000;
    while (!wanted.test(shown)) {
      if (Date.now() > end) throw new Error(`${wanted} was not shown, but ${JSON.stringify(shown)}`);
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      await Promise.race([promise, Bun.sleep(100)]);
    }
  };
  try {
    child.terminal?.write(`${start}\n`);
    await until(/SOURCED/);
    shown = "";
    // The line is put into a file rather than run: Ctrl-A goes to its beginning.
    child.terminal?.write(`${keys}\t\u0001echo LINE: \n`);
    await until(/\nLINE: /);
    await until(/LINE: [^\n]*\n/);
    return Bun.stripANSI(/\nLINE: ([^\n]*)\r?\n/.exec(shown)?.[1] ?? "").trimEnd();
  } finally {
    child.kill("SIGKILL");
    await child.exited;
  }
}

const BASH = ["bash", "--norc", "--noprofile", "-i"];
const ZSH = ["zsh", "-f", "-i"];
const IN_BASH = "source ./completions.bash; echo SOURC''ED";
const IN_ZSH = "autoload -U compinit && compinit -u -D && source ./completions.zsh; echo SOURC''ED";

describe.each([
  ["bash", BASH, IN_BASH],
  ["zsh", ZSH, IN_ZSH],
] as const)("%s", (_, command, start) => {
  test.each([
    ["contextcore expo", "contextcore export"],
    ["contextcore export --plug", "contextcore export --plugin"],
    ["contextcore export --plugin acm", "contextcore export --plugin acme/lines"],
    ["contextcore export --plugin=acm", "contextcore export --plugin=acme/lines"],
    ["contextcore inventory --config no", "contextcore inventory --config notes.txt"],
  ])(
    "%s TAB",
    async (keys, line) => {
      expect(await typed(command, start, keys)).toBe(line);
    },
    20_000,
  );
});
