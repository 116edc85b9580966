/** What a project wants from its user, as values that can be shown, agreed to and compared. */

/**
 * - `plugin`: third-party code runs
 * - `command`: a program runs when the stack is destroyed
 * - `step`: a program runs when the stack is recovered
 * - `before`: a program runs before a drill
 * - `allowed`: a command that the policy would refuse may run then
 * - `listen`: the service can be reached from other machines
 * - `address`: something is sent beyond this machine
 * - `secret`: a variable or a secret's file is sent there
 * - `outside`: a path outside the project is read or written
 * - `sink`: a third-party plugin receives the audit events
 * - `store`: a third-party plugin receives snapshots
 * - `option`: a third-party plugin receives an option
 */
export type ClaimKind =
  | "plugin"
  | "command"
  | "step"
  | "before"
  | "allowed"
  | "address"
  | "secret"
  | "outside"
  | "listen"
  | "sink"
  | "store"
  | "option";

/** One thing that a project wants. */
export interface Claim {
  readonly kind: ClaimKind;
  /** The setting that causes it: `backends.loki.url`. */
  readonly key: string;
  /** The meaning, resolved as far as that reveals no secret: a path, an address, a variable's name. */
  readonly value: string;
  /** For an address: the user's own variables that are set and hold a credential for it. Not part of the claim. */
  readonly credentials?: readonly string[];
  /** For a secret: who gets it. Not part of the claim, because the addresses are claims of their own. */
  readonly to?: readonly string[];
}

/** Display order: the most powerful first. */
const ORDER: readonly ClaimKind[] = [
  "plugin",
  "command",
  "step",
  "before",
  "allowed",
  "outside",
  "listen",
  "address",
  "secret",
  "sink",
  "store",
  "option",
];

/** The claims in display order, without duplicates. */
export function sorted(claims: readonly Claim[]): Claim[] {
  const byId = new Map(claims.map((claim) => [claimId(claim), claim]));
  const rank = ({ kind }: Claim): number => ORDER.indexOf(kind);
  return [...byId]
    .sort(([a, one], [b, other]) => rank(one) - rank(other) || (a < b ? -1 : 1))
    .map(([, claim]) => claim);
}

/** A text that is the same for the same claim, and for no other. */
export const claimId = ({ kind, key, value }: Claim): string => JSON.stringify([kind, key, value]);

/** `sha256:` and a hash of all of them, independent of order. */
export function hashOfClaims(claims: readonly Claim[]): string {
  const text = ["contextcore agreement 1", ...claims.map(claimId).sort()].join("\n");
  return `sha256:${Bun.SHA256.hash(text, "hex")}`;
}
