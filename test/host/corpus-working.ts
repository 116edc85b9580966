/** Plugins that load and answer, and do in their work what no plugin should. */
import type { Case } from "./corpus.ts";

/** The inventory is right, and the export of its backend is reported as failed. */
export const FAILS_IN_EXPORT: readonly Case[] = [
  {
    what: "huge cursors",
    parts: { start: 'return { cursors: [{ x: "x".repeat(1_000_000) }] };' },
    said: /too large/,
  },
  {
    what: "cursors that are not JSON",
    parts: { start: "return { cursors: [{ x: 5n }] };" },
    said: /not JSON/,
  },
  {
    what: "a circle for a cursor",
    parts: { start: "const c = {}; c.c = c; return { cursors: [c] };" },
    said: /not JSON/,
  },
  {
    what: "wrong numbers of lines",
    parts: { step: "return { records: [{ ...line(1), lines: 5 }] };" },
    said: /claim 5 lines but have 1/,
  },
  {
    what: "a negative count",
    parts: { step: "return { records: [{ ...line(1), counts: { lines: -5 } }] };" },
    said: /counts\.lines is -5/,
  },
  {
    what: "a file outside the snapshot",
    parts: { step: 'return { records: [{ ...line(1), file: "../../evil.jsonl" }] };' },
    said: /evil\.jsonl/,
  },
  {
    what: "another plugin's file",
    parts: { step: 'return { objects: [{ path: "good/lines/x", text: "", unit: "x" }] };' },
    said: /not in the folder evil\/plugin/,
  },
  ...Object.entries({
    "ends the program": ["process.exit(0);", /it ended the program, with exit code 0/],
    "is killed": ['process.kill(process.pid, "SIGKILL");', /it was killed by SIGKILL/],
    "breaks off": ["process.abort();", /it was killed by SIG(ABRT|TRAP|ILL)/],
    crashes: ['process.kill(process.pid, "SIGSEGV");', /it was killed by SIG(SEGV|TRAP|ILL)/],
    "takes all memory": [
      "const all = []; for (;;) all.push(new Uint8Array(20_000_000).fill(1));",
      /it took more than 200\.0 MB of memory, and was stopped/,
    ],
    "is busy for ever": ["for (;;);", /a synchronous loop\?|step took longer than 2s/],
    "is busy for ever after a promise": [
      "await Bun.sleep(10); for (;;);",
      /a synchronous loop\?|step took longer than 2s/,
    ],
    "closes its connection": [
      'require("node:fs").closeSync(3); await Bun.sleep(5_000);',
      /it closed its connection/,
    ],
    "writes into its connection": [
      'require("node:fs").writeSync(3, "rubbish, rubbish"); await Bun.sleep(500);',
      /it sent an unreadable message/,
    ],
    "answers more than can be held": [
      "return { records: [{ ...line(1), text: new Uint8Array(300_000_000) }] };",
      /300000000 bytes of data at once/,
    ],
  } as const).map(([what, [step, said]]) => ({ what: `a step that ${what}`, parts: { step }, said })),
  {
    what: "a step that hangs",
    parts: { step: "return new Promise(() => {});" },
    said: /step took longer than 2s/,
  },
  {
    what: "a step that throws later too",
    parts: {
      step: 'setTimeout(() => { throw new Error("late"); }, 0); await Bun.sleep(20); throw new Error("now");',
    },
    said: /step failed: Error: now/,
  },
  {
    what: "next without end, and nothing with it",
    parts: { step: "return { next: [{ id: crypto.randomUUID() }, { id: crypto.randomUUID() }] };" },
    said: /steps in a row yielded nothing/,
  },
  {
    what: "a hundred thousand cursors from each step, and nothing with them",
    parts: { step: "return { next: Array.from({ length: 100_000 }, () => ({ id: Math.random() })) };" },
    said: /steps in a row yielded nothing but \d+ cursors \(\d+ MB\)/,
  },
];

/** It works, and what it tries besides has no effect. */
export const CONTAINED: readonly (Omit<Case, "said"> & { readonly said?: RegExp })[] = [
  {
    what: "prints to stdout",
    parts: {
      top: 'console.log("AT LOAD");',
      inventory:
        'process.stdout.write("IN A HOOK\\n"); console.log("LOGGED"); return { signals: ["logs"], importance: "low" };',
    },
    said: /evil\/plugin printed: IN A HOOK/,
  },
  {
    what: "reads the environment for secrets",
    parts: {
      inventory:
        'return { signals: ["logs"], importance: "low", warnings: ["It is " + process.env.DEPLOY_TOKEN + JSON.stringify({ ...process.env, ...Bun.env }) + require("node:fs").readFileSync("/proc/self/environ", "utf8").replaceAll("\\0", " ")] };',
    },
    said: /It is undefined/,
  },
  {
    what: "writes a secret to the log",
    parts: {
      inventory: 'log.warn("it is " + options.token); return { signals: ["logs"], importance: "low" };',
    },
    said: /it is \*\*\*/,
  },
  {
    what: "prints its secret",
    parts: {
      inventory:
        'console.log("it is " + options.token); Promise.reject(new Error("lost " + options.token)); await Bun.sleep(20); return { signals: ["logs"], importance: "low" };',
    },
    said: /(?=[\s\S]*evil\/plugin printed: it is \*\*\*\n)[\s\S]*left an error unhandled: lost \*\*\*/,
  },
  {
    what: "sets how the program ends",
    parts: { top: 'process.on("exit", () => { process.exitCode = 77; });' },
  },
  {
    what: "throws in a timer",
    parts: {
      inventory:
        'setTimeout(() => { throw new Error("later"); }, 0); await Bun.sleep(20); return { signals: ["logs"], importance: "low" };',
    },
    said: /left an error unhandled: later/,
  },
  { what: "moves the program to another directory", parts: { top: 'process.chdir("/");' } },
  {
    what: "gives its own objects what their prototypes have, too",
    parts: {
      inventory:
        'class Own extends Error { constructor() { super("x"); this.name = "Own"; this.message = "y"; } } const o = {}; o.toString = () => "mine"; o.constructor = 1; const f = () => 1; f.call = 2; function Old() {} Old.prototype = Object.create(Error.prototype); Old.prototype.constructor = Old; Old.prototype.toString = () => "old"; if ([o, new Own().name, new Own().message, f.call, new Old()].join() !== "mine,Own,y,2,old" || new Old().constructor !== Old) throw new Error("no"); return { signals: ["logs"], importance: "low" };',
    },
  },
  {
    what: "forgets a promise that fails",
    parts: {
      inventory:
        'Promise.reject(new Error("forgotten")); await Bun.sleep(20); return { signals: ["logs"], importance: "low" };',
    },
    said: /left an error unhandled: forgotten/,
  },
  {
    what: "has __proto__ in a cursor",
    parts: { start: 'return { cursors: [JSON.parse(\'{"n":1,"__proto__":{"polluted":1}}\')] };' },
  },
];

/** Loads code that is not among its files: in a hook, by a path that nobody can read in the source. `OTHER` stands for its folder. */
export const LOADS_STRANGERS: readonly Omit<Case, "said">[] = [
  ["require", "require(path);"],
  ["import", "await import(path);"],
  ["import, and hides the refusal", "await import(path).catch(() => 1);"],
  ["createRequire", '(await import("node:module")).createRequire("/tmp/x.js")(path);'],
  ["new Function", 'await new Function("path", "return import(path)")(path);'],
  ["eval", 'await (0, eval)("(path) => import(path)")(path);'],
  ["a query", 'await import(path + "?again");'],
  ["JSON", 'require(path.replace(".js", ".json"));'],
  ["after Bun.plugin.clearAll", "try { Bun.plugin.clearAll(); } catch {} require(path);"],
  ["native code", 'process.dlopen({ exports: {} }, path.replace(".js", ".node"));'],
].map(([what = "", load = ""]) => ({
  what,
  parts: {
    step: `const path = ["OTHER", "other.js"].join("/"); ${load} return { records: [line(cursor.n)], next: cursor.n < 3 ? [{ n: cursor.n + 1 }] : [] };`,
  },
}));
