/** Secrets of data sources and contact points: Grafana never returns their values, but a user can supply them for a restore. */
import type { Problem, RestoreDiagnostic } from "contextcore";
import type { Restoring } from "./kind.ts";

/** The object that secrets belong to. */
interface Owner {
  readonly uid: string;
  readonly name: string;
}

/** Said before every restore of data sources or contact points. */
export const COMES_WITHOUT: RestoreDiagnostic = {
  severity: "alters",
  message:
    "Data sources and contact points come back without their secrets, which no snapshot holds; each one that is missing is named.",
  setting: "backends.grafana.secrets",
};

/** What an export lacks. @param items the secrets, each after the name of its object */
export function neverGiven(plural: string, items: readonly string[]): Problem[] {
  const reason = `Secrets of ${plural}: Grafana never gives their values.`;
  return items.length === 0 ? [] : [{ kind: "not-contained", reason, items }];
}

/** The values supplied for these fields, and the fields without one. */
export function findSecrets(
  { secrets }: Pick<Restoring, "secrets">,
  { uid, name }: Owner,
  fields: readonly string[],
): { found: Record<string, string>; missing: readonly string[] } {
  const found: Record<string, string> = {};
  const missing: string[] = [];
  for (const field of fields) {
    const value = [uid, name, "*"]
      .map((owner) => secrets[`${owner}/${field}`])
      .find((one) => one !== undefined);
    if (value === undefined) missing.push(field);
    else found[field] = value;
  }
  return { found, missing };
}

/** What to report for an object that was restored without these secrets. */
export function stillMissing({ uid, name }: Owner, missing: readonly string[]): Problem[] {
  if (missing.length === 0) return [];
  const items = missing.map((field) => `${name}: ${uid || name}/${field}`);
  return [
    {
      kind: "not-contained",
      reason:
        "Secrets that a snapshot does not hold are still missing: enter them in Grafana, or name them in backends.grafana.secrets before a restore.",
      items,
    },
  ];
}
