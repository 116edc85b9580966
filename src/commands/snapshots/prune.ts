import { basename } from "node:path";
import * as v from "valibot";
import { type KeptSnapshot, readKept } from "../../snapshot/kept/kept.ts";
import { listRemoved, removeSnapshot, sweepRemoved } from "../../snapshot/kept/prune.ts";
import { CLASSES, type Decision, isEmpty, type Policy, planPrune } from "../../snapshot/kept/retention.ts";
import { confirm, RefusedError } from "../../terminal/ask.ts";
import { withLastWord } from "../../terminal/last-word.ts";
import { formatTable } from "../../terminal/table.ts";
import { formatBytes } from "../../units/bytes.ts";
import { parseDuration } from "../../units/duration.ts";
import { fromMs } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { openStack, openStackTrail, type Stack } from "../stack.ts";
import { orUntouched } from "../untouched.ts";

const number = (about: string) => ({ type: "value", hint: "N", parse: wholeNumber, about }) as const;

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new RangeError(`${text} is not a whole number`);
  return Number(text);
}

const args = {
  "keep-last": number("keep the newest N"),
  "keep-within": {
    type: "value",
    hint: "DURATION",
    parse: parseDuration,
    about: "keep all younger than this",
  },
  "keep-daily": number("keep one of each of the last N days that have one: the fullest"),
  "keep-weekly": number("the same for weeks"),
  "keep-monthly": number("the same for months"),
  "keep-yearly": number("the same for years"),
  "keep-classes": {
    type: "flag",
    about:
      "keep by the data's class: critical 7 years, important 3 years, operational 1 year, transient 30 days",
  },
  "allow-gaps": { type: "flag", about: "also remove a snapshot that holds what no other kept one does" },
  "dry-run": { type: "flag", about: "show the plan and remove nothing" },
  yes: { type: "flag", alias: "y", about: "do not ask" },
  json: { type: "flag", about: "print one JSON object" },
} as const;

type PruneCall = Call<typeof args>;

const pruneSchema = v.object({
  removed: v.boolean(),
  snapshots: v.array(
    v.object({ path: v.string(), keep: v.boolean(), reasons: v.array(v.string()), bytes: v.number() }),
  ),
});

export default defineCommand({
  about: "remove the snapshots that a policy does not keep",
  args,
  examples: [
    {
      line: "snapshots prune --keep-daily 7 --keep-weekly 4 --dry-run",
      about: "what would be removed, and why the rest stays",
    },
    { line: "snapshots prune --keep-last 10 --yes", about: "in a script" },
  ],
  json: pruneSchema,
  async run(call) {
    const { exit, said } = await orUntouched(UNTOUCHED, () => verdictOf(call));
    call.terminal.note(said);
    return exit;
  },
});

const UNTOUCHED = "no snapshot was removed";

/** What is true in the end, said last. */
interface Verdict {
  readonly exit: ExitCode;
  readonly said: string;
}

async function verdictOf(call: PruneCall): Promise<Verdict> {
  const policy = policyOf(call);
  if (isEmpty(policy)) {
    throw new RefusedError(
      "a policy that keeps nothing is not carried out",
      "name at least one --keep-… rule",
    );
  }
  const stack = await openStack(call);
  const { snapshots, unreadable } = await readKept(stack.config.backups);
  for (const { path, reason } of unreadable) call.terminal.warn(`${path} is left alone: ${reason}`);
  const plan = planPrune(snapshots, policy, {
    now: fromMs(Date.now()),
    allowGaps: call.args["allow-gaps"],
  });
  const leftovers = await listRemoved(stack.config.backups);
  if (!call.args.json) showPlan(call, plan);
  for (const path of leftovers)
    call.terminal.note(`${basename(path)} is left of a removal that did not end; a prune ends it`);
  const doomed = plan.filter(({ reasons }) => reasons.length === 0).map(({ snapshot }) => snapshot);
  const agreed = !call.args["dry-run"] && doomed.length > 0 && (await isAgreed(call, doomed));
  // Their removal was agreed to when it began: they are asked about only where other things are too.
  const sweeps = !call.args["dry-run"] && leftovers.length > 0 && (agreed || doomed.length === 0);
  if (agreed || sweeps) await removed(call, stack, { doomed, leftovers });
  if (call.args.json) call.terminal.printJson(toJson(plan, agreed));
  const isDone = agreed || doomed.length === 0 || call.args["dry-run"];
  const swept = sweeps ? `what was left of ${counted(leftovers.length, "removal")} is gone; ` : "";
  const said = `${swept}${agreed ? removedText(doomed) : UNTOUCHED}`;
  return { exit: isDone ? EXIT.ok : EXIT.interrupted, said };
}

const removedText = (gone: readonly KeptSnapshot[]): string => {
  const bytes = gone.reduce((sum, { manifest }) => sum + manifest.bytes, 0);
  return `${counted(gone.length, "snapshot was", "snapshots were")} removed, ${formatBytes(bytes)}`;
};

function policyOf({ args: given }: PruneCall): Policy {
  const rules = {
    last: given["keep-last"],
    within: given["keep-within"],
    daily: given["keep-daily"],
    weekly: given["keep-weekly"],
    monthly: given["keep-monthly"],
    yearly: given["keep-yearly"],
  };
  const named = Object.fromEntries(Object.entries(rules).filter(([, rule]) => rule !== undefined));
  return { ...named, ...(given["keep-classes"] ? { classes: CLASSES } : {}) };
}

function showPlan({ terminal }: PruneCall, plan: readonly Decision[]): void {
  const { colors } = terminal;
  const rows = plan.map(({ snapshot, reasons }) => [
    reasons.length > 0 ? colors.green("keep") : colors.red("remove"),
    basename(snapshot.path),
    snapshot.manifest.status,
    formatBytes(snapshot.manifest.bytes),
    colors.dim(reasons.join(", ")),
  ]);
  for (const line of formatTable([{}, {}, {}, { align: "right" }, {}], rows, terminal.width()))
    terminal.print(line);
  const freed = plan.filter(({ reasons }) => reasons.length === 0);
  const bytes = freed.reduce((sum, { snapshot }) => sum + snapshot.manifest.bytes, 0);
  terminal.print(`${freed.length} of ${counted(plan.length, "snapshot")} to remove, ${formatBytes(bytes)}`);
}

async function isAgreed(
  { args: given, terminal, signal }: PruneCall,
  doomed: readonly KeptSnapshot[],
): Promise<boolean> {
  if (given.yes) return true;
  if (!terminal.interactive) {
    throw new RefusedError(
      "the removal was not confirmed",
      "without a terminal: add --yes, or --dry-run to look",
    );
  }
  const message = doomed.length === 1 ? "Remove it for good?" : `Remove these ${doomed.length} for good?`;
  return (await confirm(terminal, { message, signal })) === true;
}

/** Resolves when all of it is gone. @throws what stopped it, with what was removed until then */
async function removed(
  call: PruneCall,
  { config, sinks }: Stack,
  { doomed, leftovers }: { doomed: readonly KeptSnapshot[]; leftovers: readonly string[] },
): Promise<void> {
  const { signal } = call;
  const operation = {
    operation: "prune",
    destructive: true,
    details: {
      snapshots: doomed.map(({ path, manifest }) => ({ path, sha256: manifest.sha256 })),
      ...(leftovers.length === 0 ? {} : { leftovers: [...leftovers] }),
    },
    dataAffected: doomed.map(({ path }) => path),
    signal,
  };
  const gone: KeptSnapshot[] = [];
  await using trail = openStackTrail(call, config, sinks);
  await trail
    .record(operation, async (did) => {
      for (const path of leftovers) await sweepRemoved(path);
      for (const snapshot of doomed) {
        signal.throwIfAborted();
        await removeSnapshot(snapshot, () => {
          gone.push(snapshot);
          did({ removed: gone.map(({ path }) => path) });
        });
      }
      return { result: undefined, ending: { outcome: "success" } };
    })
    .catch((error) => {
      const names = gone.map(({ path }) => basename(path)).join(", ");
      throw gone.length === 0 ? error : withLastWord(error, `${removedText(gone)} (${names}), and no other`);
    });
}

const toJson = (plan: readonly Decision[], removed: boolean): v.InferOutput<typeof pruneSchema> => ({
  removed,
  snapshots: plan.map(({ snapshot, reasons }) => ({
    path: snapshot.path,
    keep: reasons.length > 0,
    reasons: [...reasons],
    bytes: snapshot.manifest.bytes,
  })),
});
