import { SnapshotError } from "../../snapshot/format/errors.ts";
import type { Storage } from "../../storage/storage.ts";

/** The part of a storage that nothing can be written to. */
export function readOnly(
  root: string,
): Pick<Storage, "root" | "write" | "append" | "commit" | "remove" | "lock" | "within"> {
  const refuse = (): never => {
    throw new SnapshotError(`${root} can only be read`);
  };
  const refused = async (): Promise<never> => refuse();
  return {
    root,
    write: refused,
    append: refused,
    commit: refused,
    remove: refused,
    lock: refuse,
    within: refuse,
  };
}
