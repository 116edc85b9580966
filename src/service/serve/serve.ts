/** The course of the service: what is started in which order, and ended in which. */
import type { Database } from "bun:sqlite";
import { dirname, join } from "node:path";
import type { Config } from "../../config/config.ts";
import { ConfigError } from "../../config/errors.ts";
import { loadConfig } from "../../config/load.ts";
import { upstreamsOf } from "../../config/upstreams.ts";
import { isThere } from "../../storage/entries.ts";
import { type Lock, tryLock } from "../../storage/lock.ts";
import { makeOwnDirectory } from "../../storage/own-file.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { RefusedError } from "../../tasks/task/errors.ts";
import type { Log } from "../../terminal/log.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import { parseDuration } from "../../units/duration.ts";
import { toMs } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import { createAsking } from "../api/asked.ts";
import { createPlaceLook } from "../api/reachable.ts";
import { createReadingTurns } from "../api/reading-turns.ts";
import { routesOf } from "../api/routes.ts";
import type { Service } from "../api/service.ts";
import { openDatabase } from "../database.ts";
import { createHoldings } from "../holdings/holdings.ts";
import { startListening } from "../listen/listener.ts";
import { measuring } from "../metrics/metrics.ts";
import { createRequestCounts, openRuns } from "../metrics/running.ts";
import { requireNotLost, tellNotStarted } from "../notify/not-started.ts";
import { pageRoutes } from "../page/routes.ts";
import { unknownKinds } from "../permissions.ts";
import { createLauncher, type Launcher } from "../running/launcher.ts";
import { readSchedules } from "../schedule/check.ts";
import { openSchedules } from "../schedule/schedules.ts";
import { firstToken } from "../sign-in/first-token.ts";
import { createRecorder } from "../sign-in/recorded.ts";
import { actorOf, createSignIn } from "../sign-in/sign-in.ts";
import { aborted } from "./aborted.ts";
import { keepClean } from "./cleanup.ts";
import { requireProduction } from "./production.ts";
import { surroundingsOf } from "./surroundings.ts";
import { openWaysIn } from "./ways-in.ts";

/** What the service is started with. */
interface Start {
  readonly caller: Caller;
  readonly terminal: Terminal;
  /** In the place of the configured address. */
  readonly listen?: string | undefined;
}

/** How long answers that are being given may still take when the service stops, ms. */
const ANSWERS_MS = 5_000;

/**
 * Serves until the caller's signal is aborted.
 * @throws RefusedError when another service serves this project, or what it finds is not safe; what opening its parts throws
 */
export async function serve(start: Start): Promise<void> {
  const { caller } = start;
  let isServing = false;
  try {
    await served(start, () => {
      isServing = true;
    });
  } catch (error) {
    // Whatever is wrong with a second one, the first one serves.
    const notStarted = { key: SERVICE, title: "the service could not start", error, unless: isServed };
    if (!isServing && !caller.signal.aborted) await tellNotStarted(caller, notStarted);
    throw error;
  }
}

/** The key of faults of the service itself. */
const SERVICE = "service";

/** @param onServing called once it has started */
async function served({ caller, terminal, listen: address }: Start, onServing: () => void): Promise<void> {
  const config = await loadConfig(caller);
  requireNotLost(config);
  if (isServed(config)) throw anotherServes(config);
  const unknown = unknownKinds(config);
  if (unknown.length > 0) throw new ConfigError(unknown);
  const known = await readSchedules(config);
  const upstreams = upstreamsOf(config);
  // Keys and secrets are files of the project's choice.
  await caller.requireAgreement(config);
  const surroundings = surroundingsOf(config, address);
  await requireProduction(config, caller.builtIns, surroundings.tls?.cert);
  await using parts = new AsyncDisposableStack();
  const lock = taken(config);
  parts.defer(() => lock.release());
  const database = openDatabase(config.directory);
  parts.defer(() => database.close(true));
  const { log } = terminal;
  const launcher = launching(caller, config, database, log);
  await recovered(launcher, terminal);
  const warn = (message: string): void => log("warn", message);
  const schedules = openSchedules({ config, schedules: known, database, launcher, warn });
  firstToken(database, config.directory, terminal);
  const recorder = createRecorder(caller, config, log);
  parts.defer(async () => void (await recorder.close()));
  const signIn = parts.use(
    createSignIn(database, ({ token, request, client }, reason) =>
      recorder.happened(actorOf(token, request), {
        operation: "sign_out",
        outcome: "success",
        details: { reason, client },
      }),
    ),
  );
  const startedAt = Date.now();
  const reading = createReadingTurns();
  const asking = createAsking(caller, reading);
  const holdings = createHoldings(caller, config, warn);
  const requests = createRequestCounts();
  const measure = measuring(config, {
    readSchedules: schedules.shown,
    readStock: holdings.stock,
  });
  const { activity, doors, figures, stop } = openWaysIn({ config, upstreams, signIn, log });
  parts.defer(() => activity.close(graceMs(config)));
  const service: Service = {
    ...{ activity, caller, config, database, log, recorder, launcher, schedules, startedAt, asking, reading },
    snapshotsMark: holdings.mark,
    overview: holdings.overview,
    places: createPlaceLook(config, asking),
    signIn,
    measure: () =>
      measure({
        ...{ requests: requests.all(), runs: openRuns(database), startedMs: startedAt },
        activity: figures(),
      }),
    isAlone: lock.isInPlace,
  };
  const listener = startListening({
    ...surroundings,
    log,
    routes: [...routesOf(service), ...pageRoutes()],
    doors,
    signIn: service.signIn.of,
    onRefused: recorder.refused,
    onAnswered: requests.add,
  });
  parts.defer(() => listener.stop(Math.min(graceMs(config), ANSWERS_MS)));
  let relayed: Promise<void> | undefined;
  parts.defer(async () => void (await relayed));
  parts.use(holdings.keepUp());
  parts.use(schedules.keepTime());
  parts.defer(() => {
    schedules.scheduler.stop();
    // Whoever watches a task hears how it ended, before the answers end.
    return launcher.stop(graceMs(config));
  });
  parts.use(keepClean(config, launcher, (message) => log("warn", message)));
  schedules.faults.over(SERVICE, "the service has started", Date.now());
  onServing();
  terminal.note(`contextcore serves ${config.name} at ${listener.url}`);
  await aborted(caller.signal);
  // Answers of models have a time of their own, from now on.
  relayed = stop();
  // A connection that is kept open, or an answer that nobody reads, must not hold the service for long.
  await parts.disposeAsync();
  terminal.last("the service has ended");
}

const graceMs = ({ service }: Config): number => toMs(parseDuration(service.grace));

const lockPath = (directory: string): string => join(directory, ".contextcore", "service.lock");

/** @throws RefusedError */
function taken(config: Config): Lock {
  const path = lockPath(config.directory);
  makeOwnDirectory(dirname(path), undefined, 0o700);
  const lock = tryLock(path);
  if (lock !== undefined) return lock;
  throw anotherServes(config);
}

/** Whether a service of this project runs. Nothing is made in a project that nobody has agreed to yet. */
function isServed({ directory }: Pick<Config, "directory">): boolean {
  if (!isThere(lockPath(directory))) return false;
  const lock = tryLock(lockPath(directory));
  lock?.release();
  return lock === undefined;
}

const anotherServes = ({ directory }: Config): RefusedError =>
  new RefusedError(`another service serves ${directory}`, "end that one first");

/** What tasks say is in the log, with their ids. */
const launching = (caller: Caller, config: Config, database: Database, log: Log): Launcher =>
  createLauncher({
    ...{ caller, config, database },
    onLine: (line, { id, kind }) => log("info", line, { task: id, kind }),
    onEnded: ({ id, kind, actor: { user, request } }, { outcome, error }) =>
      log(outcome === "success" ? "info" : "warn", `${kind} ended: ${outcome}`, {
        ...{ task: id, user, request, error: error?.message },
      }),
  });

/** Closes what an earlier service left behind. */
async function recovered(launcher: Launcher, { note }: Terminal): Promise<void> {
  const { length } = await launcher.recover();
  if (length > 0) note(`Recovered ${counted(length, "interrupted task")}`);
}
