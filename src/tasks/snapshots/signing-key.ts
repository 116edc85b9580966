import type { SigningKey } from "../../audit/format/note.ts";
import { makeSigningKey, readSigningKey } from "../../audit/journal/checkpoint.ts";
import { openHome } from "../../audit/journal/home.ts";
import { ownIdentity } from "../../audit/journal/identity.ts";
import type { TaskContext } from "../task/task.ts";

/**
 * The key that signs this project's copies and the trail's checkpoints. One is made if there is none, which the trail records.
 * @throws TrailError
 */
export async function signingKey({
  home,
  trailFile: file,
  config,
  openTrail,
  note,
}: TaskContext): Promise<SigningKey> {
  const known = readSigningKey(openHome(home, file));
  if (known !== undefined) return known;
  const { host } = ownIdentity();
  const made = makeSigningKey({ file, home, project: config.name, host, replace: false });
  await using trail = openTrail();
  await trail.append({ operation: "audit_keygen", outcome: "success", details: { public: made.verifier } });
  note(
    `made the key that signs copies and the trail: ${made.path}; keep its public key somewhere else, to know your copies by: ${made.verifier}`,
  );
  return made;
}
