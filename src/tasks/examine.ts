/** Looks at everything that an export or a restore needs, and contacts no server of a project that is not agreed to. */
import type { Config } from "../config/config.ts";
import { ConfigError, type ConfigProblem, formatProblem } from "../config/errors.ts";
import { loadConfig } from "../config/load.ts";
import { upstreamsOf } from "../config/upstreams.ts";
import { examineClocks } from "../doctor/clock.ts";
import type { DoctorDiagnostic } from "../doctor/diagnostic.ts";
import { examineIdentities } from "../doctor/identities.ts";
import { examineBinary, examineDestroy, examineDisk } from "../doctor/machine.ts";
import { examineBackends, examineInstances, examineSinks } from "../doctor/servers.ts";
import { examineStores } from "../doctor/stores.ts";
import { examineTrail } from "../doctor/trail.ts";
import { examineUpstreams } from "../doctor/upstreams.ts";
import { NONE_ENABLED } from "../inventory/survey.ts";
import { classTimes } from "../retention/classes.ts";
import { given } from "../units/given.ts";
import { fromMs } from "../units/range.ts";
import { VERSION } from "../version.ts";
import { askBackends } from "./inventory.ts";
import { type Caller, openStackToRead, type StackToRead } from "./stack/stack.ts";
import { trailPlaces } from "./stack/trail-places.ts";
import { agreementRefusal } from "./task/agreed.ts";

/** What was found. */
export interface Examined {
  readonly findings: readonly DoctorDiagnostic[];
  /** Absent: the configuration is wrong, and nothing was opened. */
  readonly isAgreed?: boolean;
}

interface ExamineOptions {
  /** How long each server may take to answer, ms. */
  readonly timeoutMs: number;
  /** Whether there is somebody to ask for an agreement that is lacking. */
  readonly asks: boolean;
  /** Whether the servers of models are called, too. */
  readonly upstreams: boolean;
}

/** Examines the program, the configuration, and the stack that it names. @throws RefusedError when a person does not agree */
export async function examine(caller: Caller, options: ExamineOptions): Promise<Examined> {
  const binary = examineBinary(VERSION);
  try {
    if (options.asks) await caller.requireAgreement(await loadConfig(caller));
    const stack = await openStackToRead(caller, { stores: true });
    const file = stack.config.file ?? "no contextcore.yaml: defaults and the environment";
    const configuration: DoctorDiagnostic = { subject: "configuration", severity: "ok", message: file };
    const agreement = stack.isAgreed ? [] : [await unagreed(caller, stack.config)];
    const rest = await examineStack(caller, stack, options);
    return { findings: [binary, configuration, ...agreement, ...rest], isAgreed: stack.isAgreed };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { findings: [binary, ...error.problems.map(misconfigured)] };
  }
}

function misconfigured(problem: ConfigProblem): DoctorDiagnostic {
  const { hint } = problem;
  return {
    subject: "configuration",
    severity: "problem",
    message: formatProblem(problem),
    ...given({ hint }),
  };
}

/** No server and no sink is asked then; what is on this machine is looked at all the same. */
async function unagreed(caller: Caller, config: Config): Promise<DoctorDiagnostic> {
  const { message, hint } = agreementRefusal(await caller.agreementOf(config));
  return {
    subject: "agreement",
    severity: "problem",
    message,
    ...given({ hint: hint && [hint].flat().join("\n") }),
  };
}

async function examineStack(
  { signal, waitFor, onRequest, onWait }: Caller,
  stack: StackToRead,
  { timeoutMs, upstreams }: ExamineOptions,
): Promise<DoctorDiagnostic[]> {
  const { config, sinks, stores } = stack;
  const surveyed = await askBackends({ signal, waitFor, ...given({ onWait }) }, stack, timeoutMs);
  const reached = surveyed.filter((one) => one.state === "reached");
  const parts = await Promise.all([
    stack.isAgreed && surveyed.length === 0
      ? [NOTHING_TO_ASK]
      : examineBackends(surveyed, classTimes(config), signal),
    examineInstances(stack.backends),
    examineClocks([...reached.map(({ open }) => open), ...stores], signal, onRequest),
    examineSinks(sinks, signal),
    examineStores(stores, { signal, timeoutMs }),
    upstreams && stack.isAgreed ? examineUpstreams(upstreamsOf(config).values(), { signal, timeoutMs }) : [],
    examineIdentities(stores, trailPlaces(config).home),
    examineDisk(config, surveyed, fromMs(Date.now())),
    examineTrail({ ...trailPlaces(config), sinks, signal }),
    examineDestroy(config),
  ]);
  return parts.flat();
}

const NOTHING_TO_ASK: DoctorDiagnostic = {
  subject: "backends",
  severity: "warning",
  message: NONE_ENABLED,
  hint: "`enabled: true` below `backends`, or no such line.",
};
