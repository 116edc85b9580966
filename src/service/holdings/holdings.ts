/** What is held, for whoever asks a service again and again: read by another process, and only when something has changed. */
import { join } from "node:path";
import type { Config } from "../../config/config.ts";
import { loadConfig } from "../../config/load.ts";
import { OWN_PROGRAM } from "../../programs/own.ts";
import { readOwnText } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { messageOf } from "../../units/message-of.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { VERSION } from "../../version.ts";
import { configMark, createSnapshotsMark } from "../marks.ts";
import type { Stock } from "../metrics/stock.ts";
import { type Following, followingIn } from "./told.ts";
import { HOLDINGS_WORD } from "./word.ts";

/** See {@link createHoldings}. */
interface Holdings {
  /** See `marks.ts`. */
  mark(): Promise<string>;
  /** The kept snapshots, as JSON of `snapshots.list`. @throws Error saying why they cannot be read */
  overview(): Promise<string>;
  /** The same in numbers. @throws Error saying why they cannot be read */
  stock(): Promise<Stock>;
  /** From now on what changes is read as soon as it has, and not only when somebody asks, as long as somebody does. @returns ends that */
  keepUp(): Disposable;
}

/** How often it is looked whether something has changed, and how long after somebody has asked. ms */
const [LOOK_MS, INTEREST_MS] = [1_000, 15 * 60_000];

/** How long reading may take, ms. */
const LIMIT_MS = 120_000;

/** How long it is not tried again where nothing has changed since it failed, ms. */
const PAUSE_MS = 30_000;

/** What counts as long as nothing has changed, and it is not too old. */
interface Brief {
  readonly mark: string;
  /** By the clock of the process. */
  readonly untilMs: number;
}

interface Known extends Brief {
  readonly value: Following;
}

interface Failed extends Brief {
  readonly error: unknown;
}

interface Reading {
  readonly mark: string;
  readonly value: Promise<Following>;
}

const isOf = <One extends Brief>(one: One | undefined, mark: string): one is One =>
  one !== undefined && one.mark === mark && performance.now() < one.untilMs;

/** Of more snapshots than anybody keeps, bytes. */
const BYTES_MAX = 64 << 20;

/** @param warn hears why nothing can be kept */
export function createHoldings(caller: Caller, config: Config, warn: (message: string) => void): Holdings {
  const configNow = newestConfig(caller, config);
  const mark = createSnapshotsMark(configNow);
  const path = join(config.directory, ".contextcore", "overview.json");
  let askedMs = Number.NEGATIVE_INFINITY;
  let known: Known | undefined;
  let failed: Failed | undefined;
  let reading: Reading | undefined;

  const read = async (at: string): Promise<Following> => {
    const order = orderOf(await configNow());
    const head = headOf(at, order);
    const kept = known === undefined ? keptAt(path, head) : undefined;
    if (kept !== undefined) return kept;
    const text = await answer(caller, order);
    const following = followingIn(text);
    try {
      // What could not be read for a moment is not what the next service has at once.
      if (!following.isPassing) writeWhole(path, `${head}${text}`, { mode: 0o600, isDurable: false });
    } catch (error) {
      warn(`the overview is not kept: ${messageOf(error)}`);
    }
    return following;
  };

  const begun = async (at: string): Promise<Following> => {
    try {
      const value = await read(at);
      const untilMs = value.isPassing ? performance.now() + PAUSE_MS : Number.POSITIVE_INFINITY;
      known = { mark: at, value, untilMs };
      return value;
    } catch (error) {
      failed = { mark: at, error, untilMs: performance.now() + PAUSE_MS };
      throw error;
    } finally {
      reading = undefined;
    }
  };

  const now = async (): Promise<Following> => {
    const at = await mark();
    // One at a time: what began before this change is waited for, and one more reading serves all who ask meanwhile.
    if (reading !== undefined && reading.mark !== at) await reading.value.catch(() => undefined);
    if (isOf(known, at)) return known.value;
    if (isOf(failed, at)) throw failed.error;
    reading ??= { mark: at, value: begun(at) };
    return reading.value;
  };

  const asked = (): Promise<Following> => {
    askedMs = performance.now();
    return now();
  };

  return {
    mark,
    overview: async () => (await asked()).overview,
    stock: async () => (await asked()).stock,
    keepUp() {
      const look = (): void => {
        // Why it cannot be read is told to whoever asks.
        if (performance.now() - askedMs < INTEREST_MS) now().catch(() => undefined);
      };
      const timer = setInterval(look, LOOK_MS);
      timer.unref();
      return { [Symbol.dispose]: () => clearInterval(timer) };
    },
  };
}

/** The newest configuration that loads: of one that does not, `ready` and whatever begins a task says what is wrong. */
function newestConfig(caller: Caller, started: Config): () => Promise<Config> {
  let known = { mark: configMark(started), config: started };
  return async () => {
    const mark = configMark(started);
    if (known.mark !== mark) known = { mark, config: await loadConfig(caller).catch(() => known.config) };
    return known.config;
  };
}

/**
 * Of what is kept for the next service, which has it at once: `.contextcore/overview.json`. It can be thrown away. The configuration's
 * file is not all that says whose holdings are told.
 */
const headOf = (mark: string, order: string): string =>
  `${JSON.stringify({ version: VERSION, mark, of: new Bun.CryptoHasher("sha256").update(order).digest("hex") })}\n`;

function keptAt(path: string, head: string): Following | undefined {
  try {
    const text = readOwnText(path, BYTES_MAX);
    return text.startsWith(head) ? followingIn(text.slice(head.length)) : undefined;
  } catch {
    return undefined; // it is read from where it comes from
  }
}

/** Whose holdings are read, as the process is told. */
const orderOf = ({ directory, backups, stores, copies, retention: { of } }: Config): string =>
  JSON.stringify({ directory, backups, stores: Object.keys(stores), copies, classes: of.places });

/** @throws Error with what the process says on stderr */
async function answer({ directory: cwd, env, signal }: Caller, order: string): Promise<string> {
  const work = async (ending: AbortSignal): Promise<string> => {
    const child = Bun.spawn([...OWN_PROGRAM, HOLDINGS_WORD], {
      ...{ cwd, env: { ...env }, signal: ending, maxBuffer: BYTES_MAX },
      ...{ stdin: Buffer.from(order), stdout: "pipe", stderr: "pipe" },
    });
    const [text, said, code] = await Promise.all([child.stdout.text(), child.stderr.text(), child.exited]);
    if (code === 0) return text;
    throw new Error(said.trim() || `the process that reads the snapshots ended with ${code}`);
  };
  const late = () => new Error(`reading the snapshots took longer than ${LIMIT_MS / 1_000} s`);
  return withTimeLimit(work, signal, { limitMs: LIMIT_MS, late });
}
