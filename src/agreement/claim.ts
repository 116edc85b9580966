/** What a project wants from its user, as values that can be shown, agreed to and compared. */

/**
 * - `plugin`: other people's code runs
 * - `command`: a program runs, when the stack is destroyed
 * - `allowed`: a command that the policy would refuse may run then
 * - `address`: something is sent beyond this machine
 * - `secret`: a variable, or a secret's file, goes there
 * - `outside`: a path outside of the project is read or written
 * - `sink`: a plugin of somebody else gets the audit events
 * - `option`: a plugin of somebody else is told something
 */
export type ClaimKind =
  | "plugin"
  | "command"
  | "allowed"
  | "address"
  | "secret"
  | "outside"
  | "sink"
  | "option";

/** One thing that a project wants. */
export interface Claim {
  readonly kind: ClaimKind;
  /** The setting that causes it: `backends.loki.url`. */
  readonly key: string;
  /** The meaning, resolved as far as that reveals no secret: a path, an address, a variable's name. */
  readonly value: string;
  /** Of an address: the variables of the user's own that hold a credential for it, and are set. They are no part of the claim. */
  readonly credentials?: readonly string[];
  /** Of a secret: who gets it. The addresses are claims of their own, so that this is no part of the claim. */
  readonly to?: readonly string[];
}

/** Display order: the most powerful first. */
const ORDER: readonly ClaimKind[] = [
  "plugin",
  "command",
  "allowed",
  "outside",
  "address",
  "secret",
  "sink",
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
