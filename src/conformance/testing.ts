/**
 * The test kit, `contextcore/testing`: for the tests of a plugin outside of the program, run by `bun test`.
 * @module contextcore/testing
 */
import { afterAll, beforeAll, describe, test } from "bun:test";
import * as v from "valibot";
import type { Context, OptionsSchema, Plugin } from "../contract/contract.ts";
import type { Lab, LabServer } from "../contract/lab.ts";
import { FACES } from "../host/apart/messages.ts";
import { createContext } from "../host/context.ts";
import type { Range } from "../units/range.ts";
import { runCheck } from "./check.ts";
import { openSubject, type Subject, type Target } from "./subject.ts";
import { SUITES } from "./suite.ts";

/** What a plugin is tested with. */
export interface TestPluginOptions {
  /** A look-alike of its server: it is started on 127.0.0.1 for these tests, and its URL is the option `url`. */
  readonly lab?: Lab;
  /** As in the configuration. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** Options that lead to an empty place of the same kind, to restore into. Default: that of the lab. */
  readonly empty?: Readonly<Record<string, unknown>>;
  /** What an export reads. Default: all that the inventory says there is. */
  readonly range?: Range;
  /** Only these rules, by name. Default: all. */
  readonly rules?: readonly string[];
  /** For a sink without a lab that tells it: the lines that have arrived, oldest first. */
  readonly arrived?: () => Promise<readonly string[]>;
}

/** A rule may take so long: it asks a server that hangs, and one that asks to wait. ms */
const RULE_MS = 120_000;

/**
 * Every rule of the contract as a test, with its reason: those that `contextcore plugin check` runs, here in the process of the
 * tests. A rule that does not apply to the plugin passes.
 */
export function testPlugin<Schema extends OptionsSchema>(
  plugin: Plugin<Schema>,
  options: TestPluginOptions = {},
): void {
  const faces = FACES.filter((face) => plugin[face] !== undefined);
  if (faces.length === 0) throw new Error(`${plugin.name} has no backend, no sink and no store to test`);
  for (const face of faces) describe(`the ${face} of ${plugin.name}`, () => testFace(plugin, face, options));
}

function testFace(
  declaration: { readonly name: string },
  face: Target["face"],
  options: TestPluginOptions,
): void {
  let subject: Subject;
  let end: () => Promise<void>;
  beforeAll(async () => {
    const servers = await startLab(options.lab);
    subject = openSubject({ declaration, origin: "third-party", face, ...servers.target(options) });
    end = async () => {
      await subject.stop();
      await servers.stop();
    };
  });
  afterAll(() => end());
  for (const check of SUITES[face].filter(({ name }) => options.rules?.includes(name) ?? true)) {
    test(
      `${check.name}: ${check.why}`,
      async () => {
        const { verdict } = await runCheck(check, subject);
        if (verdict.kind === "failed") throw verdict.error;
      },
      RULE_MS,
    );
  }
}

async function startLab(lab: Lab | undefined) {
  const server = await lab?.filled();
  const filled = server === undefined ? undefined : serve(server);
  const blank = await lab?.empty?.();
  const empty = blank === undefined ? undefined : serve(blank);
  return {
    target({ options, empty: given, range, arrived }: TestPluginOptions): Partial<Target> {
      const there = server?.arrived;
      const tells = arrived ?? (there === undefined ? undefined : async () => there());
      const into = given ?? (empty === undefined ? undefined : { url: empty.url });
      return {
        options: { ...(filled === undefined ? {} : { url: filled.url }), ...options },
        ...(into === undefined ? {} : { empty: into }),
        ...(range === undefined ? {} : { range }),
        ...(lab?.subject === undefined ? {} : { subject: lab.subject }),
        ...(tells === undefined ? {} : { arrived: tells }),
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
  // Tests that are over need not wait for it.
  server.unref();
  return { url: `http://127.0.0.1:${server.port}`, stop: () => server.stop(true) };
}

/** What stands in for the program's own context, and what it has noted. */
export interface TestContext<Options> extends Context<Options>, Disposable {
  /** What the plugin has logged, line by line: `warn: acme/x: it is full`. */
  readonly logged: readonly string[];
}

/** What a test context is made from. */
export interface TestContextOptions {
  /** As in the configuration: checked, and defaults filled in. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** A look-alike of its server: the context's client talks to it, at the option `url`. */
  readonly lab?: LabServer;
  /** Now, ns since the epoch. Default: the system's clock, or the server's. */
  readonly clock?: () => bigint;
  /** About how many bytes a step should yield at most. Default: as in the program, 8 MiB. */
  readonly stepBytes?: number;
}

/**
 * A context as the program gives it, with the program's own HTTP client: `plugin.backend?.(createTestContext(plugin))`.
 * @throws Error when the options do not fit the plugin's declaration
 */
export function createTestContext<Schema extends OptionsSchema>(
  plugin: Plugin<Schema>,
  { options = {}, lab, clock, stepBytes }: TestContextOptions = {},
): TestContext<v.InferOutput<Schema>> {
  const server = lab === undefined ? undefined : serve(lab);
  const schema: Schema = plugin.options;
  const checked = v.parse(schema, { ...(server === undefined ? {} : { url: server.url }), ...options });
  const logged: string[] = [];
  const context = createContext(
    { name: plugin.name, about: plugin.about, options: schema },
    {
      options: checked,
      redact: String,
      logLevel: 4,
      writeLog: (line) => logged.push(line),
      foreign: true,
      ...(clock === undefined ? {} : { clock }),
      ...(stepBytes === undefined ? {} : { stepBytes }),
    },
  );
  return { ...context, options: checked, logged, [Symbol.dispose]: () => void server?.stop() };
}
