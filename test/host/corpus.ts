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
    said: /evil\/index\.ts does not load: it ended the program, with exit code 0/,
  },
  {
    what: "kills the program when it is loaded",
    parts: { top: 'process.kill(process.pid, "SIGKILL");' },
    said: /evil\/index\.ts does not load: it ended the program: it was killed by SIGKILL/,
  },
  {
    what: "never finishes loading",
    parts: { top: "await new Promise(() => {});" },
    said: /was not done after 2 s/,
  },
  { what: "throws when it is loaded", parts: { top: 'throw "no";' }, said: /does not load: no/ },
  {
    what: "is busy for ever while it is loaded",
    parts: { top: "for (;;);" },
    said: /evil\/index\.ts does not load: it did not answer within 1\.5 s; a synchronous loop\?/,
  },
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
  {
    what: "ends the program",
    parts: { inventory: "process.exit(0);" },
    said: /evil\/plugin: its process was lost.*: it ended the program, with exit code 0/,
  },
  {
    what: "is busy for ever when it is opened",
    parts: { open: "for (;;);" },
    said: /evil\/plugin: its process was lost: it did not answer within 1\.5 s; a synchronous loop\?/,
  },
  {
    what: "hangs",
    parts: { inventory: "return new Promise(() => {});" },
    said: /evil\/plugin: inventory took longer than 2s/,
  },
  {
    what: "answers nonsense",
    parts: { inventory: 'return { signals: "all" };' },
    said: /gave a wrong answer: `signals`/,
  },
  {
    what: "tells its secret",
    parts: { inventory: "throw new Error('it is ' + options.token);" },
    said: /it is \*\*\*/,
  },
];

/** What everybody uses: the change is the plugin's own, whatever comes of it there. */
const CHANGES: readonly (readonly [what: string, change: string])[] = [
  ["much at once", PATCH],
  ["console.log", "console.log = () => {};"],
  ["Map.prototype.get", "Map.prototype.get = () => undefined;"],
  ["Promise.prototype.then", "Promise.prototype.then = function () { return this; };"],
  ["JSON.parse, and then waits", "JSON.parse = () => ({}); await Bun.sleep(200);"],
  ["the iterator of arrays", "Object.getPrototypeOf([].values()).next = () => ({ done: true });"],
  ["Object.prototype.toString", 'Object.prototype.toString = () => "x";'],
  ["Array.prototype's descriptor", "Object.defineProperty(Array.prototype, 'map', { value: () => [] });"],
  ["globalThis.fetch", "globalThis.fetch = undefined;"],
  ["Bun.file", "Bun.file = undefined;"],
  ["what all errors of plugins are", "PluginError.prototype.constructor = 1; PluginError.x = 1;"],
  ["adds to Object.prototype", "Object.prototype.polluted = 1;"],
];

/** Each change at the top of the module, and in a step. */
export const CHANGES_WHAT_EVERYBODY_USES: readonly Omit<Case, "said">[] = CHANGES.flatMap(
  ([what, change]) => [
    { what: `${what}, when it is loaded`, parts: { top: change } },
    { what: `${what}, in a step`, parts: { step: `${change} return { records: [line(1)] };` } },
  ],
);
