/** `.contextcore/holds.json`: the holds that stand. It may name a person, so it is its owner's alone. */
import { join } from "node:path";
import * as v from "valibot";
import { rangeToText } from "../../snapshot/format/range-text.ts";
import { isThere } from "../../storage/entries.ts";
import { withLock } from "../../storage/lock.ts";
import { makeOwnDirectory, readOwnText } from "../../storage/own-file.ts";
import type { FileFailure } from "../../storage/refusal.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { given } from "../../units/given.ts";
import { messageOf } from "../../units/message-of.ts";
import { type Hold, holdFrom, holdSchema } from "./hold.ts";

/** The holds cannot be read or changed. Exit code 1: whatever deletes stops, since nobody knows what is held. */
class HoldError extends Error {
  override readonly name = "HoldError";
  readonly hint: string | undefined;

  constructor({ message, hint, cause }: FileFailure) {
    super(message, { cause });
    this.hint = hint;
  }
}

const fileSchema = v.object({ holds: v.array(holdSchema) });
const BYTES_MAX = 1 << 20;
const MODE = 0o600;

/** Whose holds they are. */
type Project = { readonly directory: string };

const pathOf = ({ directory }: Project): string => join(directory, ".contextcore", "holds.json");

/** Every hold that stands, oldest first. @throws HoldError; UnsafeFileError */
export function readHolds(project: Project): readonly Hold[] {
  const path = pathOf(project);
  if (!isThere(path)) return [];
  try {
    return v.parse(fileSchema, JSON.parse(readOwnText(path, BYTES_MAX))).holds.map(holdFrom);
  } catch (cause) {
    throw new HoldError({
      message: `${path} cannot be read, so nobody knows what is held: ${messageOf(cause)}`,
      hint: "bring it back from a backup of the project; what was held is in the trail: contextcore audit --operation hold_add",
      cause,
    });
  }
}

/**
 * Changes the holds, one process at a time. It is durable when this resolves.
 * @throws HoldError; UnsafeFileError; what `change` throws, and then nothing is changed
 */
export async function changeHolds(
  project: Project,
  change: (holds: readonly Hold[]) => readonly Hold[],
): Promise<void> {
  const path = pathOf(project);
  makeOwnDirectory(join(project.directory, ".contextcore"), undefined, 0o700);
  await withLock(
    `${path}.lock`,
    (failure) => new HoldError(failure),
    async () => {
      const holds = change(readHolds(project)).map(({ range, ...hold }) => ({
        ...hold,
        ...given({ range: range && rangeToText(range) }),
      }));
      writeWhole(path, `${JSON.stringify({ holds }, null, 2)}\n`, { mode: MODE });
    },
  );
}
