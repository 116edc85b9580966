/** Plugins that do what no plugin should. Each is the source of an `index.ts`; `GOOD` is what they are an ill version of. */

interface Parts {
  /** Runs when the module is evaluated. */
  readonly top?: string;
  readonly open?: string;
  readonly inventory?: string;
  readonly start?: string;
  readonly step?: string;
  readonly name?: string;
}

/** A backend of three lines with parts of it replaced. Each part is the body of a function. */
export const source = ({
  top = "",
  open = "",
  inventory,
  start,
  step,
  name = "evil/plugin",
}: Parts = {}): string => `
import { definePlugin, option, PluginError, v } from "contextcore";
${top}
const line = (n) => ({ file: "${name}/lines.jsonl", text: JSON.stringify({ n }) + "\\n", lines: 1, from: 0n, to: 1n, counts: { lines: 1 } });
export default definePlugin({
  name: "${name}",
  about: "Three lines",
  options: v.object({ token: option.secret("A secret") }),
  backend: ({ options, http, log }) => {
    ${open}
    return {
      async inventory(signal) { ${inventory ?? 'return { signals: ["logs"], importance: "low", oldest: 0n, newest: 1n };'} },
      async size() { return { bytes: 30, source: "api" }; },
      export: {
        async start(request, signal) { ${start ?? "return { cursors: [{ n: 1 }] };"} },
        async step(cursor, signal) { ${step ?? "return { records: [line(cursor.n)], next: cursor.n < 3 ? [{ n: cursor.n + 1 }] : [] };"} },
      },
    };
  },
});
`;

export const GOOD = source({ name: "good/lines" });

export interface Case {
  readonly what: string;
  readonly parts: Parts;
  /** Somewhere in what the command says. */
  readonly said: RegExp;
}

const PATCH =
  'JSON.stringify = () => "{}"; Array.prototype.map = () => []; globalThis.fetch = () => { throw new Error("mine"); }; Object.prototype.polluted = 1;';

/** It is not loaded, and said to be not. */
export const REFUSED_AT_LOAD: readonly Case[] = [
  {
    what: "ends the program when it is loaded",
    parts: { top: "process.exit(0);" },
    said: /called process\.exit, which a plugin may not/,
  },
  {
    what: "kills the program when it is loaded",
    parts: { top: 'process.kill(process.pid, "SIGKILL");' },
    said: /called process\.kill/,
  },
  {
    what: "moves the program to another directory",
    parts: { top: 'process.chdir("/");' },
    said: /called process\.chdir/,
  },
  {
    what: "never finishes loading",
    parts: { top: "await new Promise(() => {});" },
    said: /was not done after 2 s/,
  },
  { what: "throws when it is loaded", parts: { top: 'throw "no";' }, said: /does not load: no/ },
  { what: "changes what everybody uses", parts: { top: PATCH }, said: /changes .*Array\.prototype\.map/ },
  { what: "takes the place of console.log", parts: { top: "console.log = () => {};" }, said: /readonly/ },
  {
    what: "has the name of a built-in plugin",
    parts: { name: "loki" },
    said: /its name "loki" is not allowed/,
  },
  { what: "has a path for a name", parts: { name: "../../etc" }, said: /is not allowed/ },
];

/** It is loaded, and its backend is reported as failed in `inventory`. */
export const FAILS_IN_INVENTORY: readonly Case[] = [
  {
    what: "throws when it is opened",
    parts: { open: 'throw new Error("no luck");' },
    said: /evil\/plugin: no luck/,
  },
  {
    what: "throws",
    parts: { inventory: 'throw new Error("no luck");' },
    said: /evil\/plugin: inventory failed: Error: no luck/,
  },
  {
    what: "throws something that is no error",
    parts: { inventory: "throw null;" },
    said: /evil\/plugin: inventory failed: null/,
  },
  { what: "ends the program", parts: { inventory: "process.exit(0);" }, said: /called process\.exit/ },
  {
    what: "hangs",
    parts: { inventory: "return new Promise(() => {});" },
    said: /evil\/plugin: inventory took longer than 2s/,
  },
  {
    what: "answers nonsense",
    parts: { inventory: 'return { signals: "all" };' },
    said: /gave an answer that does not fit: `signals`/,
  },
  {
    what: "changes what everybody uses",
    parts: { inventory: `${PATCH} return { signals: ["logs"], importance: "low" };` },
    said: /changes .*JSON\.stringify/,
  },
  {
    what: "tells its secret",
    parts: { inventory: "throw new Error('it is ' + options.token);" },
    said: /it is \*\*\*/,
  },
];

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
    said: /claim 5 lines and have 1/,
  },
  {
    what: "a negative count",
    parts: { step: "return { records: [{ ...line(1), counts: { lines: -5 } }] };" },
    said: /counts\.lines is -5/,
  },
  {
    what: "a file outside of the snapshot",
    parts: { step: 'return { records: [{ ...line(1), file: "../../evil.jsonl" }] };' },
    said: /evil\.jsonl/,
  },
  {
    what: "another plugin's file",
    parts: { step: 'return { objects: [{ path: "good/lines/x", text: "", unit: "x" }] };' },
    said: /not in the folder evil\/plugin/,
  },
  { what: "a step that ends the program", parts: { step: "process.exit(0);" }, said: /called process\.exit/ },
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
    said: /steps in a row brought nothing/,
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
        'return { signals: ["logs"], importance: "low", warnings: ["It is " + process.env.DEPLOY_TOKEN + JSON.stringify({ ...process.env }) + Object.keys(process.env)] };',
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
    said: /evil\/plugin printed: it is \*\*\*\n[\s\S]*left an error unhandled: lost \*\*\*/,
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

/** Busy for ever, without a pause: what no time limit in the same process can end. The watchdog names it. */
export const BUSY_FOR_EVER: readonly Omit<Case, "said">[] = [
  { what: "while it is loaded", parts: { top: "for (;;);" } },
  { what: "when it is opened", parts: { open: "for (;;);" } },
  { what: "in a step", parts: { step: "for (;;);" } },
  { what: "in a step, after a promise", parts: { step: "await Bun.sleep(10); for (;;);" } },
];
