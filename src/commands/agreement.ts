/** Asks a person whether a project may do what it wants, and refuses if nobody can be asked. */
import type { Claim, ClaimKind } from "../agreement/claim.ts";
import { agreeTo, type Standing, standingOf } from "../agreement/standing.ts";
import type { Config } from "../config/config.ts";
import { BUILT_INS } from "../registry.ts";
import { trailPlaces } from "../tasks/stack/trail-places.ts";
import { agreementRefusal, HOW_TO_AGREE, isAgreed, type Runs, SPARED } from "../tasks/task/agreed.ts";
import { RefusedError, UnansweredError } from "../tasks/task/errors.ts";
import type { Colors } from "../terminal/styles.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { visible } from "../units/visible.ts";
import { listed } from "../units/words.ts";
import type { Call } from "./command.ts";
import { confirmed } from "./confirmed.ts";

/** Nobody reads more or longer claims in passing: `config trust` shows them all. */
const MOST_ASKED = 20;
const CHARACTERS_ASKED = 4_000;

/** Whether the user has agreed to the project. A project in use before agreements existed is accepted, and the user is told. */
export async function agreementOf(call: Call, config: Config): Promise<Standing> {
  const standing = await standingOf(config, {
    ...trailPlaces(config),
    cwd: call.directory,
    builtIns: BUILT_INS,
  });
  if (standing.isAdopted) {
    call.terminal.note(
      `contextcore now asks before a project runs, reads or sends anything. This project was already in use, so it counts as agreed to as it is:`,
    );
    noteClaims(call.terminal, standing.claims);
    call.terminal.note("to withdraw that: contextcore config trust --remove");
  }
  if (standing.foreignStore !== undefined)
    call.terminal.warn(
      `${standing.foreignStore} was copied, restored or written by somebody else: it does not count, and you are asked again`,
    );
  return standing;
}

/**
 * Continues only if the project is agreed to; asks once if somebody can be asked.
 * @throws RefusedError when it is not, before anything of the project is run, read or sent
 */
export async function requireAgreement(call: Call, config: Config, runs?: Runs): Promise<void> {
  const standing = await agreementOf(call, config);
  if (isAgreed(standing, runs)) return;
  const { terminal, signal } = call;
  terminal.note(introduction(standing));
  const shown = inPassing(standing.fresh);
  noteClaims(terminal, shown);
  if (!terminal.interactive || standing.pin === "differs") throw agreementRefusal(standing);
  if (shown.length < standing.fresh.length) {
    const more = standing.fresh.length - shown.length;
    throw new RefusedError(`and ${more} more: ${SPARED}`, HOW_TO_AGREE);
  }
  const asked = { message: "Agree to this project?", what: "the project" };
  const answer = await confirmed({ args: {}, terminal, signal }, asked);
  const refused = `the project is not agreed to: ${SPARED}`;
  if (!answer.agrees) throw answer.isNo ? new RefusedError(refused) : new UnansweredError(refused);
  await agreeTo(standing, trailPlaces(config).home, "asked");
}

/** The first few, each in full: the cut part of one might be what matters. */
function inPassing(claims: readonly Claim[]): readonly Claim[] {
  let room = CHARACTERS_ASKED;
  const end = claims.findIndex(({ key, value }) => {
    room -= visible(key).length + visible(value).length;
    return room < 0;
  });
  return claims.slice(0, end < 0 ? MOST_ASKED : Math.min(end, MOST_ASKED));
}

function noteClaims({ note, noteColors }: Terminal, claims: readonly Claim[]): void {
  for (const line of claimLines(claims, noteColors)) note(line);
}

const introduction = ({ project, agreement }: Standing): string =>
  agreement === undefined
    ? `You have not agreed to this project yet, ${project}:`
    : `This project, ${project}, wants more than you agreed to on ${agreement.at.slice(0, 10)}:`;

const VERBS: Readonly<Record<ClaimKind, string>> = {
  plugin: "runs",
  command: "destroys with",
  step: "recovers with",
  before: "drills with",
  allowed: "lets run",
  outside: "uses",
  listen: "listens on",
  address: "sends to",
  secret: "passes on",
  sink: "reports to",
  store: "copies to",
  option: "tells",
};

/** One line for each claim, in full. */
export const claimLines = (claims: readonly Claim[], { yellow, dim }: Colors): string[] =>
  claims.map(({ kind, key, value, credentials = [], to = [] }) => {
    const own = credentials.length === 0 ? "" : ` with your ${listed(credentials)}`;
    const whom = to.length === 0 ? "" : ` to ${listed(to)}`;
    return `  ${yellow(VERBS[kind].padEnd(13))} ${value}${own}${whom}  ${dim(key)}`;
  });
