/**
 * The test kit, `contextcore/testing`, for plugin tests outside the program, run with `bun test`.
 * @module contextcore/testing
 */
import { afterAll, describe, test } from "bun:test";
import * as v from "valibot";
import { closest } from "../config/closest.ts";
import type { Context, OptionsSchema, Plugin } from "../contract/contract.ts";
import type { Lab, LabServer } from "../contract/lab.ts";
import { FACES } from "../host/apart/messages.ts";
import { createContext } from "../host/plugin/context.ts";
import { given } from "../units/given.ts";
import type { Range } from "../units/range.ts";
import { withTimeLimit } from "../units/time-limit.ts";
import { type Check, runCheck } from "./check.ts";
import { type CheckTarget, openSubject, type Subject } from "./subject.ts";
import { SUITES } from "./suite.ts";

/** What to test a plugin with. */
export interface TestPluginOptions {
  /** A look-alike of its server. It is started on 127.0.0.1 for these tests, and the option `url` is set to its URL. */
  readonly lab?: Lab;
  /** As in the configuration. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Options that lead to an empty place of the same kind, to restore into. Default: the lab's. */
  readonly empty?: Readonly<Record<string, unknown>>;
  /** The range to export. Default: everything in the inventory. */
  readonly range?: Range;
  /** Only these rules, by name. Default: all. */
  readonly rules?: readonly string[];
  /** For a sink whose lab cannot tell: the lines that have arrived, oldest first. */
  readonly arrived?: () => Promise<readonly string[]>;
}

/** Time limit for one rule: some servers in it hang or ask to wait. ms */
const RULE_MS = 120_000;

/**
 * Makes each contract rule a test, with its reason: the same rules as `contextcore plugin check`, but in the test process. A
 * rule that does not apply to the plugin is a skipped test that says why.
 * @throws Error when the plugin has nothing to test, or no rule of a name in `rules`
 */
export function testPlugin<Schema extends OptionsSchema>(
  plugin: Plugin<Schema>,
  options: TestPluginOptions = {},
): void {
  const faces = FACES.filter((face) => plugin[face] !== undefined);
  if (faces.length === 0) throw new Error(`${plugin.name} has no backend, no sink and no store to test`);
  requireRules(
    options.rules ?? [],
    faces.flatMap((face) => SUITES[face].map(({ name }) => name)),
  );
  for (const face of faces) describe(`the ${face} of ${plugin.name}`, () => testFace(plugin, face, options));
}

/** Refuses a name that no rule has: it would make no test, so nothing would fail. */
function requireRules(wanted: readonly string[], known: readonly string[]): void {
  if (wanted.length === 0) return;
  const stray = wanted.find((name) => !known.includes(name));
  if (stray === undefined) return;
  const meant = closest(stray, known);
  const hint =
    meant === undefined ? `There are: ${[...new Set(known)].join(", ")}.` : `Did you mean ${meant}?`;
  throw new Error(`there is no rule ${stray} for this plugin. ${hint}`);
}

async function testFace(
  declaration: { readonly name: string },
  face: CheckTarget["face"],
  options: TestPluginOptions,
): Promise<void> {
  const servers = await startLab(options.lab);
  const subject = openSubject({ declaration, origin: "third-party", face, ...servers.target(options) });
  afterAll(async () => {
    await subject.stop();
    await servers.stop();
  });
  const wanted = SUITES[face].filter(({ name }) => options.rules?.includes(name) ?? true);
  for (const check of wanted) {
    const reason = await whyNot(check, subject);
    const does = async (): Promise<void> => {
      const { verdict } = await runCheck(check, subject);
      if (verdict.kind === "failed") throw verdict.error;
    };
    if (reason === undefined) test(`${check.name}: ${check.why}`, does, RULE_MS);
    else test.skip(`${check.name}: does not apply, since ${reason}`, does);
  }
}

/** Why a rule does not apply. If the plugin fails while this is asked, the rule is run, and fails. */
async function whyNot(check: Check<Subject>, subject: Subject): Promise<string | undefined> {
  try {
    return await withTimeLimit(async () => check.waived?.(subject), undefined, { limitMs: RULE_MS });
  } catch {
    return undefined;
  }
}

async function startLab(lab: Lab | undefined) {
  const server = await lab?.filled();
  const filled = server === undefined ? undefined : serve(server);
  const blank = await lab?.empty?.();
  const empty = blank === undefined ? undefined : serve(blank);
  return {
    target({ options, empty: into, range, arrived }: TestPluginOptions): Partial<CheckTarget> {
      const there = server?.arrived;
      const tells = arrived ?? (there === undefined ? undefined : async () => there());
      const place = into ?? (empty === undefined ? undefined : { url: empty.url });
      return {
        options: { ...given({ url: filled?.url }), ...options },
        ...given({ empty: place, range, subject: lab?.subject, match: lab?.match, arrived: tells }),
      };
    },
    async stop() {
      await filled?.stop();
      await empty?.stop();
    },
  };
}

function serve({ fetch }: LabServer) {
  const server = Bun.serve({ hostname: "127.0.0.1", port: 0, idleTimeout: 0, development: false, fetch });
  // The server must not keep finished tests from exiting.
  server.unref();
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** Stands in for the program's context, and records what is logged. */
export interface TestContext<Options> extends Context<Options>, Disposable {
  /** What the plugin has logged, line by line: `warn: acme/x: it is full`. */
  readonly logged: readonly string[];
}

/** What to build a test context from. */
export interface TestContextOptions {
  /** As in the configuration; validated, with defaults filled in. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** A look-alike of its server: the context's client talks to it, and `url` is its URL. */
  readonly lab?: LabServer;
  /** Now, ns since the epoch. Default: the system's clock, or the server's. */
  readonly clock?: () => bigint;
  /** About how many bytes a step should yield at most. Default: 8 MiB, as in the program. */
  readonly stepBytes?: number;
}

/**
 * A context like the program's own, with its real HTTP client: `plugin.backend?.(createTestContext(plugin))`.
 * @throws Error when the options do not match the plugin's declaration
 */
export function createTestContext<Schema extends OptionsSchema>(
  plugin: Plugin<Schema>,
  { options = {}, lab, clock, stepBytes }: TestContextOptions = {},
): TestContext<v.InferOutput<Schema>> {
  const server = lab === undefined ? undefined : serve(lab);
  const schema: Schema = plugin.options;
  const checked = v.parse(schema, { ...given({ url: server?.url }), ...options });
  const logged: string[] = [];
  const context = createContext(
    { name: plugin.name, about: plugin.about, options: schema, ...given({ hosts: plugin.hosts }) },
    {
      options: checked,
      redact: String,
      logLevel: 4,
      writeLog: (line) => logged.push(line),
      foreign: true,
      ...given({ clock, stepBytes }),
    },
  );
  return { ...context, options: checked, logged, [Symbol.dispose]: () => void server?.stop() };
}
