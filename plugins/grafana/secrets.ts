import type { Problem } from "contextcore";

/** The object that secrets belong to. */
interface Owner {
  readonly uid: string;
  readonly name: string;
}

/** Values for secrets, by `<uid or name>/<field>`; `*` stands for any object. */
export type Secrets = Readonly<Record<string, string>>;

/** The values that were given for these fields, and the fields for which there was none. */
export function findSecrets(
  secrets: Secrets,
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

/** What to say of an object that is there again, but without these secrets. */
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
