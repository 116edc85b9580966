/** Asks a person whether a project may do what it wants, and refuses if nobody can be asked. */
import type { Claim, ClaimKind } from "../agreement/claim.ts";
import { agreeTo, type Standing, standingOf } from "../agreement/standing.ts";
import type { Config } from "../config/config.ts";
import { DeclarationError } from "../host/declaration.ts";
import { BUILT_INS } from "../registry.ts";
import { RefusedError } from "../tasks/errors.ts";
import type { Colors } from "../terminal/styles.ts";
import type { Terminal } from "../terminal/terminal.ts";
import { visible } from "../units/visible.ts";
import { listed } from "../units/words.ts";
import type { Call } from "./command.ts";
import { confirmed } from "./confirmed.ts";
import { trailPlaces } from "./trail-places.ts";

/** Nobody reads more or longer claims in passing: `config trust` shows them all. */
const MOST_ASKED = 20;
const CHARACTERS_ASKED = 4_000;

/** Whether the user has agreed to the project. A project in use before agreements existed is accepted, and the user is told. */
export async function agreementOf(call: Call, config: Config): Promise<Standing> {
  const standing = await standingOf(config, {
    ...trailPlaces(call, config),
    cwd: call.directory,
    builtIns: BUILT_INS,
  });
  if (standing.isAdopted) {
    call.terminal.note(
      `contextcore now asks before a project runs, reads or sends anything. This one was in use already, and is agreed to as it is:`,
    );
    noteClaims(call.terminal, standing.claims);
    call.terminal.note("to take that back: contextcore config trust --remove");
  }
  if (standing.foreignStore !== undefined)
    call.terminal.warn(
      `${standing.foreignStore} was copied or restored, or somebody else wrote it: what it says you agreed to does not count, and you are asked again`,
    );
  return standing;
}

/**
 * Whether everything that a command needs is agreed to.
 * @param isDestroying only then the destroy command matters
 */
export const isAgreed = ({ fresh }: Standing, isDestroying = false): boolean =>
  fresh.every(({ kind }) => (kind === "command" || kind === "allowed") && !isDestroying);

/**
 * Continues only if the project is agreed to; asks once if somebody can be asked.
 * @throws RefusedError when it is not, before anything of the project is run, read or sent
 */
export async function requireAgreement(call: Call, config: Config, isDestroying: boolean): Promise<void> {
  const standing = await agreementOf(call, config);
  if (isAgreed(standing, isDestroying)) return;
  const { terminal, signal } = call;
  terminal.note(introduction(standing));
  const shown = inPassing(standing.fresh);
  noteClaims(terminal, shown);
  if (!terminal.interactive || standing.pin === "differs") throw agreementRefusal(standing);
  if (shown.length < standing.fresh.length) {
    const more = standing.fresh.length - shown.length;
    throw new RefusedError(`and ${more} more: ${NOTHING}`, HOW_TO_AGREE);
  }
  const asked = { message: "Agree to this project?", what: "the project" };
  const answer = await confirmed({ args: {}, terminal, signal }, asked);
  const refused = `the project is not agreed to: ${NOTHING}`;
  if (!answer.agrees) throw answer.isNo ? new RefusedError(refused) : new UnansweredError(refused);
  await agreeTo(standing, trailPlaces(call, config).home, "asked");
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

/** The question was abandoned with Ctrl-C or Escape. Exit code 130. */
class UnansweredError extends Error {
  override readonly name = "UnansweredError";
}

/** For commands that continue without what the project wants. */
export const NOT_AGREED = "you have not agreed to this project";
export const HOW_TO_AGREE = "contextcore config trust shows what it wants, and asks";

/** Why a plugin or sink of a project that is not agreed to was left alone. */
export const notOpened = (name: string): DeclarationError =>
  new DeclarationError(`${name} was not opened: ${NOT_AGREED}`, HOW_TO_AGREE);

const NOTHING = "nothing of it was run, read or sent";

function noteClaims({ note, noteColors }: Terminal, claims: readonly Claim[]): void {
  for (const line of claimLines(claims, noteColors)) note(line);
}

const introduction = ({ project, agreement }: Standing): string =>
  agreement === undefined
    ? `You have not agreed to this project yet, ${project}:`
    : `This project, ${project}, wants more than you agreed to on ${agreement.at.slice(0, 10)}:`;

/** What to say when a project is not agreed to and nobody can be asked. */
export function agreementRefusal({ sha256, pin }: Standing): RefusedError {
  const look = "look at it with: contextcore config trust";
  if (pin === "differs") {
    const what = "CONTEXTCORE_TRUST names something else than what this project wants";
    return new RefusedError(`${what}: ${NOTHING}`, [`${look} · it is now`, sha256]);
  }
  return new RefusedError(`the project is not agreed to: ${NOTHING}`, [
    `${look} · where nobody can answer, after that:`,
    `CONTEXTCORE_TRUST=${sha256}`,
  ]);
}

const VERBS: Readonly<Record<ClaimKind, string>> = {
  plugin: "runs",
  command: "destroys with",
  allowed: "lets run",
  outside: "uses",
  address: "sends to",
  secret: "passes on",
  sink: "reports to",
  option: "tells",
};

/** One line for each claim, in full. */
export const claimLines = (claims: readonly Claim[], { yellow, dim }: Colors): string[] =>
  claims.map(({ kind, key, value, credentials = [], to = [] }) => {
    const own = credentials.length === 0 ? "" : ` with your ${listed(credentials)}`;
    const whom = to.length === 0 ? "" : ` to ${listed(to)}`;
    return `  ${yellow(VERBS[kind].padEnd(13))} ${value}${own}${whom}  ${dim(key)}`;
  });
