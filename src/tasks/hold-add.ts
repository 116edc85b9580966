/** Adds a hold, and exports what it is about, since the servers' own retention goes on. */
import { basename } from "node:path";
import { ownIdentity } from "../audit/journal/identity.ts";
import { namesMeantBy } from "../host/open.ts";
import { changeHolds, readHolds } from "../retention/holds/file.ts";
import { BESIDE_BACKENDS, HOLD_NAME, type Hold } from "../retention/holds/hold.ts";
import { rangeToText } from "../snapshot/format/range-text.ts";
import { given } from "../units/given.ts";
import { messageOf } from "../units/message-of.ts";
import { readMoment } from "../units/moment.ts";
import { fromMs, LATEST, type Range, toRfc3339 } from "../units/range.ts";
import { listed } from "../units/words.ts";
import { exportStack } from "./export.ts";
import { instanceOf } from "./matches.ts";
import { UsageError } from "./task/errors.ts";
import type { ParamValues } from "./task/param.ts";
import { type Done, defineTask, type Running, type TaskContext } from "./task/task.ts";

const params = {
  name: {
    type: "positional",
    hint: "NAME",
    required: true,
    about: "what it is called: lower-case letters, digits and dashes",
  },
  backend: {
    type: "value",
    hint: "NAME",
    repeatable: true,
    complete: "backends",
    about:
      "only the data of this backend; or `trail`: the events of the trail, `activity`: the log of runs, `logs`: log files; may be repeated",
  },
  match: {
    type: "value",
    hint: "NAME=SELECTOR",
    repeatable: true,
    secret: true,
    about:
      "only what this selector, in the backend's own language, finds; a snapshot that may hold some of it stays as a whole",
  },
  from: {
    type: "value",
    hint: "TIME",
    parse: readMoment,
    about: "only data at or after this: a date, an RFC 3339 time, or 24h for that long ago",
  },
  to: {
    type: "value",
    hint: "TIME",
    parse: readMoment,
    about: "only data before this (default: whatever comes)",
  },
  all: { type: "flag", about: "everything there is, and whatever comes" },
  about: { type: "value", hint: "TEXT", about: "why, for whoever finds it later; the trail has it, too" },
  export: {
    type: "flag",
    on: true,
    about: "do not export what it is about: the servers' own retention goes on",
  },
} as const;

type Asked = ParamValues<typeof params>;

/** The hold that would be added, and of which backends an export is made. */
interface HoldPlan {
  readonly hold: Hold;
  readonly exported: readonly string[];
}

/** The hold that stands now. */
export interface HoldAdded {
  readonly hold: Hold;
  /** The path of the snapshot that was made; absent: none was. */
  readonly path?: string;
  /** Why the export is not whole, if it is not. */
  readonly lacking?: string;
}

export const holdAdd = defineTask({
  kind: "hold_add",
  about:
    "keep what it is about, and only that, from being deleted for as long as it stands; it is exported first",
  params,
  opens: ({ export: isExported }) => (isExported ? {} : { asksNothing: true }),
  destructive: false,
  async plan(asked, context): Promise<HoldPlan> {
    const { directory } = context.config;
    requireNew(asked.name, readHolds({ directory }));
    const hold = holdOf(asked, context);
    const names = context.backends.map(({ name }) => name);
    const meant = hold.backends.length === 0 ? names : hold.backends.filter((name) => names.includes(name));
    return { hold, exported: asked.export ? meant : [] };
  },
  targets: ({ hold }) => [{ kind: "hold", name: hold.name, identity: identityOf(hold) }],
  details: ({ hold }) => holdDetails(hold),
  run: carryOut,
});

function identityOf({ backends, range, match = {} }: Hold): string {
  const text = JSON.stringify([backends, range && rangeToText(range), match]);
  return new Bun.CryptoHasher("sha256").update(text).digest("hex");
}

/** What the trail says of a hold: not its selectors, which may name a person. */
export const holdDetails = ({ backends, range, match, about }: Hold) => ({
  ...(backends.length === 0 ? {} : { backends: [...backends] }),
  ...given({ range: range && rangeToText(range), reason: about }),
  ...(match === undefined ? {} : { selectors: Object.keys(match) }),
});

/** @throws UsageError for a name that is none, or taken */
function requireNew(name: string, holds: readonly Hold[]): void {
  if (!HOLD_NAME.test(name))
    throw new UsageError(
      `${name} is no name for a hold`,
      "use lower-case letters, digits and dashes, such as audit-2026",
    );
  if (holds.some((one) => one.name === name))
    throw new UsageError(`there is a hold ${name} already`, `contextcore retention hold end ${name} ends it`);
}

function holdOf(asked: Asked, context: TaskContext): Hold {
  const match = selectorsIn(asked.match, context);
  const named = asked.backend.flatMap((word) =>
    BESIDE_BACKENDS.includes(word) ? [word, ...namesMeantBy(word, context)] : backendsMeant(word, context),
  );
  const backends = [...new Set([...named, ...Object.keys(match)])];
  const range = rangeIn(asked);
  const isNarrow = backends.length > 0 || range !== undefined;
  if (asked.all === isNarrow)
    throw new UsageError(
      isNarrow ? "--all and a part of it contradict each other" : "what is it about?",
      "name it with --backend, --match, --from and --to; or hold everything with --all",
    );
  const since = toRfc3339(fromMs(Date.now()));
  return {
    ...{ name: asked.name, since, by: ownIdentity().user, backends },
    ...given({ about: asked.about, range, match: Object.keys(match).length === 0 ? undefined : match }),
  };
}

function rangeIn({ from, to }: Asked): Range | undefined {
  if (from === undefined && to === undefined) return undefined;
  const range = { from: from ?? 0n, to: to ?? LATEST };
  if (range.from < range.to) return range;
  throw new UsageError("--from is not before --to");
}

function backendsMeant(word: string, context: TaskContext): string[] {
  const names = namesMeantBy(word, context);
  if (names.length > 0) return names;
  const known = [...context.backends, ...context.failures].map(({ name }) => name);
  throw new UsageError(
    `--backend ${word}: there is no such backend`,
    `there are ${listed([...known, ...BESIDE_BACKENDS])}`,
  );
}

/** By backend. No message has a selector in it: it may name a person. @throws UsageError */
function selectorsIn(texts: readonly string[], { backends, failures }: TaskContext): Record<string, string> {
  const names = [...backends, ...failures].map(({ name }) => name);
  const found: Record<string, string> = {};
  for (const text of texts) {
    const meant = names.filter((name) => [name, instanceOf(name)].some((one) => text.startsWith(`${one}=`)));
    if (meant.length === 0)
      throw new UsageError(
        "--match: which backend is it for?",
        `--match NAME=SELECTOR with one of ${listed(names)}`,
      );
    for (const name of meant) {
      if (Object.hasOwn(found, name)) throw new UsageError(`--match is given more than once for ${name}`);
      found[name] = text.slice(text.indexOf("=") + 1);
    }
  }
  return found;
}

/** First the hold stands, so that nothing goes while the export runs. */
async function carryOut({ hold, exported }: HoldPlan, running: Running): Promise<Done<HoldAdded>> {
  const { directory } = running.config;
  await changeHolds({ directory }, (holds) => {
    requireNew(hold.name, holds);
    return [...holds, hold];
  });
  running.did({ held: hold.name });
  if (exported.length === 0) return { result: { hold }, ending: { outcome: "success" } };
  const saved = await exportedFor(hold, exported, running);
  const { path } = saved;
  if (path !== undefined)
    await changeHolds({ directory }, (holds) =>
      holds.map((one) => (one.name === hold.name ? { ...one, snapshot: basename(path) } : one)),
    );
  const details = {
    ...given({ snapshot: path }),
    ...(saved.lacking === undefined ? {} : { exported: false }),
  };
  return {
    result: { hold, ...saved },
    ending: { outcome: saved.lacking === undefined ? "success" : "partial", details },
  };
}

/** What it could not save is told to whoever asked, and not to the trail, since a server's words may repeat a selector. */
async function exportedFor(
  { range, match = {} }: Hold,
  names: readonly string[],
  running: Running,
): Promise<Pick<HoldAdded, "path" | "lacking">> {
  const to = range !== undefined && range.to < fromMs(Date.now()) ? range.to : undefined;
  const time = range === undefined ? { all: true } : { from: range.from, ...given({ to }) };
  try {
    const { path, manifest } = await running.part(exportStack, {
      ...time,
      plugin: names,
      match: Object.entries(match).map(([name, selector]) => `${name}=${selector}`),
    });
    const lacking = manifest.status === "complete" ? undefined : `the export is ${manifest.status}`;
    return given({ path, lacking });
  } catch (error) {
    running.signal.throwIfAborted();
    return { lacking: withoutSelectors(messageOf(error), match) };
  }
}

const withoutSelectors = (text: string, match: NonNullable<Hold["match"]>): string =>
  Object.values(match).reduce(
    (left, selector) => (selector === "" ? left : left.replaceAll(selector, "…")),
    text,
  );
