/** What it means for a task that its project is, or is not, agreed to. */
import type { ClaimKind } from "../../agreement/claim.ts";
import type { Standing } from "../../agreement/standing.ts";
import { DeclarationError } from "../../host/plugin/declaration.ts";
import { RefusedError } from "./errors.ts";

/** What runs commands of the configuration. */
export type Runs = "destroy" | "recover" | "drill";

/** Claims that only matter to what runs commands. */
const MATTER: Partial<Readonly<Record<ClaimKind, readonly Runs[]>>> = {
  command: ["destroy"],
  allowed: ["destroy", "recover"],
  step: ["recover"],
  before: ["drill"],
};

/**
 * Whether everything that a command needs is agreed to.
 * @param runs only then the commands of the configuration matter that it runs
 */
export const isAgreed = ({ fresh }: Standing, runs?: Runs): boolean =>
  fresh.every(({ kind }) => {
    const those = MATTER[kind];
    return those !== undefined && (runs === undefined || !those.includes(runs));
  });

/** For commands that continue without what the project wants. */
export const NOT_AGREED = "you have not agreed to this project";
/** The hint that goes with every refusal for want of an agreement. */
export const HOW_TO_AGREE = "contextcore config trust shows what it wants, and asks";

/** Why a plugin or sink of a project that is not agreed to was left alone. */
export const notOpened = (name: string): DeclarationError =>
  new DeclarationError(`${name} was not opened: ${NOT_AGREED}`, HOW_TO_AGREE);

/** The clause of a refusal that says what did not happen. */
export const SPARED = "nothing of it was run, read or sent";

/** What to say when a project is not agreed to and nobody can be asked. */
export function agreementRefusal({ sha256, pin }: Standing): RefusedError {
  const look = "look at it with: contextcore config trust";
  if (pin === "differs") {
    const what = "CONTEXTCORE_TRUST does not match what this project wants";
    return new RefusedError(`${what}: ${SPARED}`, [`${look} · it is now`, sha256]);
  }
  return new RefusedError(`the project is not agreed to: ${SPARED}`, [
    `${look} · then, where nobody can answer:`,
    `CONTEXTCORE_TRUST=${sha256}`,
  ]);
}
