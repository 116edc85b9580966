/** A server that hangs, a person who cancels, and a server that repeats itself for ever. */
import { PluginError } from "../contract/errors.ts";
import { type Check, require, within } from "./check.ts";
import { fails, withFaults } from "./fault-rules.ts";
import type { Handle } from "./faults.ts";
import { hooksOf } from "./hooks.ts";
import type { Subject } from "./subject.ts";

const noServer = ({ proxy }: Subject): string | undefined =>
  proxy === undefined ? "it has no option `url`, so no server of its own" : undefined;
const noExport = ({ plugin }: Subject): string | undefined =>
  plugin.backend === undefined ? "it has no export" : undefined;

/** How long a cancelled hook may take, ms. The contract allows one second. */
const CANCEL_MS = 1_000;
/** Valid JSON, but not what was asked for. */
const LIES = [
  "{}",
  "[]",
  "null",
  "0",
  '"yes"',
  '{"data":null}',
  '{"status":"success","data":{"result":[{}]}}',
  "[{}]",
];

/** For every plugin that has a server. */
export const patienceRules: readonly Check<Subject>[] = [
  {
    name: "cancelled-within-a-second",
    why: "Ctrl-C must not wait for a server",
    async run(subject) {
      const hooks = await hooksOf(subject);
      await withFaults(subject, subject.proxy === undefined ? [] : [{ kind: "hang" }], async () => {
        for (const hook of hooks) {
          const controller = new AbortController();
          const settled = hook.call(controller.signal).catch(() => undefined);
          setTimeout(() => controller.abort(new Error("the check gave up")), 50);
          await within(CANCEL_MS + 50, settled, `${hook.name} did not end after it was cancelled:`);
        }
      });
    },
  },
  {
    name: "hanging-server",
    why: "a server that accepts the call and never answers must not hold up the others",
    waived: noServer,
    async run(subject) {
      const hooks = await hooksOf(subject, { timeout: "200ms" });
      await withFaults(subject, [{ kind: "hang" }], async () => {
        for (const hook of hooks) {
          const failure = await within(
            15_000,
            fails(hook),
            `${hook.name} did not end with a time limit of 200 ms:`,
          );
          require(!hook.mustFail ||
            failure !== undefined, `${hook.name} succeeded with a server that says nothing`);
          require(failure === undefined ||
            failure instanceof PluginError, `${hook.name}: unclassified: ${String(failure)}`);
        }
      });
    },
  },
  {
    name: "dishonest-server",
    why: "an answer of the wrong shape is the server's fault, and is reported as such",
    waived: noServer,
    async run(subject) {
      const hooks = await hooksOf(subject);
      for (const body of LIES) {
        await instead(subject, body, async () => {
          for (const hook of hooks) {
            const failure = await fails(hook);
            const classified = failure === undefined || failure instanceof PluginError;
            require(classified, `${hook.name}: the answer ${body} gives an unclassified ${String(failure)}`);
          }
        });
      }
    },
  },
  {
    name: "repeating-server",
    why: "a server that repeats the same page for ever must not be read for ever",
    waived: (subject) => noServer(subject) ?? noExport(subject),
    async run(subject) {
      const { steps } = await subject.harvest();
      const { proxy } = subject;
      if (proxy === undefined) return;
      proxy.instead = repeating(proxy.pass);
      const walk = subject.walk({ stepsMax: 20 * steps + 2_000 }).catch((error: unknown) => {
        if (!(error instanceof PluginError)) throw error;
      });
      await walk.finally(() => {
        proxy.instead = undefined;
      });
    },
  },
];

/** Repeats the first answer of every path for all later requests. */
function repeating(pass: Handle): Handle {
  const first = new Map<string, Promise<readonly [Uint8Array<ArrayBuffer>, ResponseInit]>>();
  const keep = async (request: Request): Promise<readonly [Uint8Array<ArrayBuffer>, ResponseInit]> => {
    const answer = await pass(request);
    return [new Uint8Array(await answer.arrayBuffer()), { status: answer.status, headers: answer.headers }];
  };
  return async (request) => {
    const { pathname } = new URL(request.url);
    const known = first.get(pathname) ?? keep(request);
    first.set(pathname, known);
    return new Response(...(await known));
  };
}

async function instead({ proxy }: Subject, body: string, work: () => Promise<void>): Promise<void> {
  if (proxy === undefined) return;
  proxy.instead = async () => new Response(body, { headers: { "content-type": "application/json" } });
  try {
    await work();
  } finally {
    proxy.instead = undefined;
  }
}
