/**
 * What this program says when it is asked for a result in a process of its own: reading a thousand snapshots or a long trail
 * takes time and memory that the service must not lack meanwhile. What was said is kept until something has changed.
 */
import { OWN_PROGRAM } from "../../programs/own.ts";
import type { Caller } from "../../tasks/stack/stack.ts";
import { withTimeLimit } from "../../units/time-limit.ts";
import { HttpError } from "../listen/problem.ts";
import type { ReadingTurns } from "./reading-turns.ts";

/**
 * Asks this program.
 * @param words of the command line, without `--json`
 * @param mark what is said stays true as long as this is the same; absent: it is asked each time
 * @returns JSON, on one line @throws HttpError with what the program says is wrong
 */
export type AskProgram = (words: readonly string[], mark?: string) => Promise<string>;

/** How long one may take, ms. */
const LIMIT_MS = 120_000;

/** All answers that are kept, characters. */
const KEPT_MAX = 16_000_000;

/** The longest answer, bytes. */
const ANSWER_MAX = 64 << 20;

/** Asks this program, in a project, with its configuration. */
export function createAsking(caller: Caller, turns: ReadingTurns): AskProgram {
  const kept = new Map<string, { readonly mark: string; readonly text: string }>();
  const asked = new Map<string, Promise<string>>();
  const inTurn = async (words: readonly string[]): Promise<string> => {
    using _ = await turns.take();
    return await answer(words, caller);
  };

  const keep = (key: string, mark: string, text: string): void => {
    kept.delete(key);
    kept.set(key, { mark, text });
    let size = [...kept.values()].reduce((sum, one) => sum + one.text.length, 0);
    for (const [oldest, one] of kept) {
      if (size <= KEPT_MAX) return;
      kept.delete(oldest);
      size -= one.text.length;
    }
  };

  return async (words, mark) => {
    const key = JSON.stringify(words);
    const known = kept.get(key);
    if (known !== undefined && known.mark === mark) return known.text;
    const together = JSON.stringify([key, mark]);
    const running = asked.get(together) ?? inTurn(words);
    asked.set(together, running);
    try {
      const text = await running;
      if (mark !== undefined) keep(key, mark, text);
      return text;
    } finally {
      asked.delete(together);
    }
  };
}

/** The words that name this project's configuration to another process of this program. */
export const projectWords = ({ configFile, overrides = {} }: Caller): string[] => [
  ...(configFile === undefined ? [] : ["--config", configFile]),
  ...Object.entries(overrides).flatMap(([key, value]) => ["--set", `${key}=${value}`]),
];

async function answer(words: readonly string[], caller: Caller): Promise<string> {
  const work = async (signal: AbortSignal): Promise<string> => {
    const child = Bun.spawn([...OWN_PROGRAM, ...projectWords(caller), ...words, "--json"], {
      ...{ cwd: caller.directory, env: caller.env, signal },
      ...{ stdin: "ignore", stdout: "pipe", stderr: "ignore", maxBuffer: ANSWER_MAX },
    });
    const [text, code] = await Promise.all([child.stdout.text(), child.exited]);
    return checkedAnswer(text, code);
  };
  const late = () => new HttpError(503, `${words.join(" ")} took longer than ${LIMIT_MS / 1_000} s`);
  return withTimeLimit(work, caller.signal, { limitMs: LIMIT_MS, late });
}

/** @param code what it means that a command ended before it had a result */
function checkedAnswer(text: string, code: number): string {
  const said = parsed(text);
  if (said === undefined) throw new HttpError(500, `this program ended with ${code} instead of a result`);
  if (!isFailure(said)) return JSON.stringify(said);
  const { message, hint } = said.error;
  throw new HttpError(statusFor(message, code), message, hint);
}

function parsed(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

interface Failure {
  readonly error: { readonly message: string; readonly hint?: string };
}

const isFailure = (said: object): said is Failure =>
  "schema" in said && JSON.stringify(said.schema).includes('"name":"error"');

/** By the exit code: 2 is a wrong request or configuration, 4 a refusal. */
function statusFor(message: string, code: number): number {
  if (/^there is no /.test(message)) return 404;
  return code === 2 ? 400 : code === 4 ? 403 : 500;
}
