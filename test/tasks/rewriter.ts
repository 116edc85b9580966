/**
 * A process that copies snapshots, and writes them anew wherever they are: what a test may kill.
 *
 *     bun rewriter.ts DIRECTORY copy PLACE
 *     bun rewriter.ts DIRECTORY erase TEXT [IDENTITY_FILE]
 *     bun rewriter.ts DIRECTORY finish [IDENTITY_FILE]
 */
import { join } from "node:path";
import { BUILT_INS } from "../../src/registry.ts";
import { copy } from "../../src/tasks/copy.ts";
import { type EverySnapshot, lookEverywhere } from "../../src/tasks/everywhere.ts";
import { type Caller, openContext } from "../../src/tasks/stack/stack.ts";
import { finishReplacing, type ReplacedSnapshot, replaceEverywhere } from "../../src/tasks/successors.ts";
import { valuesOf } from "../../src/tasks/task/param.ts";
import { planTask } from "../../src/tasks/task/run.ts";

const [directory = "", work = "", what = "", file] = process.argv.slice(2);

const caller: Caller = {
  directory,
  env: { ...process.env, HOME: directory, CONTEXTCORE_HOME: join(directory, "home") },
  builtIns: BUILT_INS,
  debug: false,
  signal: new AbortController().signal,
  note: () => {},
  warn: (message) => console.error(message),
  follow: () => ({ progress: () => {}, [Symbol.dispose]: () => {} }),
  waitFor: () => ({ answered: () => {}, [Symbol.dispose]: () => {} }),
  pour: async () => true,
  agreementOf: () => Promise.reject(new Error("nobody asks")),
  requireAgreement: async () => {},
};

/** What is erased is found by its text, in records as in what is said of them. */
const rewriting = (text: string) => ({
  isGone: (_: unknown, { content }: { readonly content: string }) => content.includes(text),
  blot: (said: string) => said.replaceAll(text, "-"),
  erased: { at: "2026-11-30T12:00:00Z", event: "an-event", why: "subject" as const },
});

const told = ({ name }: Pick<EverySnapshot, "name">, { counts, done, owed, remains }: ReplacedSnapshot) => ({
  name,
  counts,
  done: done.map(({ where, was }) => [was, where]),
  owed,
  remains,
});

async function run(): Promise<unknown> {
  const context = await openContext(caller, { stores: true, asksNothing: true });
  if (work === "copy") {
    await using planned = await planTask(
      copy,
      valuesOf(copy.params, { snapshot: ["latest"], to: what }),
      context,
    );
    await planned.carryOut();
    return [];
  }
  const identity = work === "finish" ? what || undefined : file;
  const how = identity === undefined ? {} : { identity };
  const everywhere = await lookEverywhere(context, how);
  if (work === "finish") return finishReplacing(context, everywhere, how);
  const all = [];
  for (const one of everywhere.snapshots)
    all.push(
      told(
        one,
        await replaceEverywhere(context, one, rewriting(what), { ...how, places: everywhere.places }),
      ),
    );
  return all;
}

console.log(JSON.stringify(await run()));
process.exit(0);
