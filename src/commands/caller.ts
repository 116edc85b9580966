/** What a command is to the tasks that it starts. */
import type { Config } from "../config/config.ts";
import { loadConfig } from "../config/load.ts";
import type { Wait } from "../engine/wait.ts";
import type { RequestRecord } from "../http/watched.ts";
import { BUILT_INS } from "../registry.ts";
import type { Caller } from "../tasks/stack/stack.ts";
import type { AskPassphrase } from "../tasks/task/identity.ts";
import { askSecret } from "../terminal/ask.ts";
import { followOn, waitForOn } from "../terminal/progress.ts";
import type { Colors } from "../terminal/styles.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { formatBytes } from "../units/bytes.ts";
import { formatDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { agreementOf, requireAgreement } from "./agreement.ts";
import type { Call } from "./command.ts";

/** Reads this call's configuration. @throws ConfigError */
export const configOf = (call: Call): Promise<Config> => loadConfig(call);

/** `loki  GET localhost:3100 /loki/api/v1/labels  200  1.2 kB  14 ms`. */
function requestLine(request: RequestRecord, { dim }: Colors): string {
  const { name, method, host, path, proxy, status, bytes, ms } = request;
  const via = proxy === undefined ? [] : [`through ${proxy}`];
  const answer = status === undefined ? ["no answer"] : [String(status), formatBytes(bytes)];
  return dim([name, `${method} ${host} ${path}`, ...answer, `${ms} ms`, ...via].join("  "));
}

/** `loki  waits 1.2 s before it asks again: …`. */
const waitLine = ({ name, why, ms }: Wait, { dim }: Colors): string =>
  dim(`${name}  waits ${waitedText(ms)} ${why}`);

function waitedText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 10_000 ? `${(ms / 1_000).toFixed(1)} s` : formatDuration(fromMs(Math.round(ms)));
}

/** What `-v` adds: every request, and every wait. */
const told = ({ note, noteColors }: Terminal): Pick<Caller, "onRequest" | "onWait"> => ({
  onRequest: (request) => note(requestLine(request, noteColors)),
  onWait: (wait) => note(waitLine(wait, noteColors)),
});

/** How a person is asked for an identity's passphrase; `undefined` where nobody is. */
export function askingPassphrase({
  terminal,
  signal,
}: Pick<Call, "terminal" | "signal">): AskPassphrase | undefined {
  if (!terminal.interactive) return undefined;
  return (path) => askSecret(terminal, { message: `Passphrase of ${path}`, signal });
}

/** This call as a task needs it: its directory and settings, its terminal to tell and to ask, and the person's agreement. */
export function callerOf(call: Call): Caller {
  const { args, directory, env, configFile, overrides, debug, verbose, signal, terminal } = call;
  return {
    directory,
    env,
    configFile,
    overrides,
    debug,
    signal,
    builtIns: BUILT_INS,
    note: terminal.note,
    warn: terminal.warn,
    follow: followOn(terminal, signal),
    waitFor: waitForOn(terminal),
    ...(args["dry-run"] === true ? { isDry: true } : {}),
    ...(verbose ? told(terminal) : {}),
    ...given({ askPassphrase: askingPassphrase(call) }),
    pour: (pieces) => terminal.pour(pieces, signal),
    agreementOf: (config) => agreementOf(call, config),
    requireAgreement: (config, runs) => requireAgreement(call, config, runs),
  };
}
