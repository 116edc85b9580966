/** Events of the trail, read in a process of its own and taken at the reader's pace: a long trail must not hold anybody else. */
import { eventOf } from "../../audit/format/chain.ts";
import type { AuditEvent } from "../../audit/format/event.ts";
import { OWN_PROGRAM } from "../../programs/own.ts";
import { HttpError } from "../listen/problem.ts";
import { projectWords } from "./asked.ts";
import type { ReadingTurns } from "./reading-turns.ts";
import type { Service } from "./service.ts";

/** How the trail is read. */
interface Reading {
  /** Flags of `audit list`. */
  readonly flags: readonly string[];
  /** Whose turns it takes. */
  readonly turns: ReadingTurns;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/** @throws HttpError with what the program says is wrong */
export async function* eventsOf(
  { caller }: Pick<Service, "caller">,
  { flags, turns, signal }: Reading,
): AsyncGenerator<AuditEvent> {
  using _ = await turns.take();
  signal.throwIfAborted();
  const child = Bun.spawn([...OWN_PROGRAM, ...projectWords(caller), "audit", "list", ...flags, "--json"], {
    ...{ cwd: caller.directory, env: caller.env, signal, stdin: "ignore", stdout: "pipe", stderr: "pipe" },
  });
  const told = child.stderr.text();
  try {
    for await (const line of linesOf(child.stdout)) {
      const event = eventOf(line);
      if (event === undefined) throw refusal(line);
      yield event;
    }
    const code = await child.exited;
    if (code !== 0) throw new HttpError(500, `the trail cannot be read: ${firstLine(await told)}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/** What it printed is no event, so it is why there are none. */
function refusal(line: string): HttpError {
  const { error }: { error?: { message?: string; hint?: string } } = JSON.parse(line);
  return new HttpError(400, error?.message ?? "the trail cannot be read", error?.hint);
}

const firstLine = (text: string): string => text.split("\n")[0] ?? "";

async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const piece of stream) {
    const lines = (rest + decoder.decode(piece, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
