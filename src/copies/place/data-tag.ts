/** What a store's rules know data by: what may move to an archive, because nothing begins with it. */

import { INDEX_FILE } from "../../snapshot/read/index-lines.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import { isBookkeeping, plainName } from "../format/bookkeeping.ts";
import { COPY_FILE } from "../format/copy-file.ts";
import { SUMS_FILE } from "../format/sums.ts";

/** The tag of an object that holds data. */
export const DATA_TAG: Readonly<Record<string, string>> = { contextcore: "data" };

const OTHERS: readonly string[] = [MANIFEST_FILE, INDEX_FILE, COPY_FILE, SUMS_FILE];

/** Whether an object holds data. @param object its name in the place: that of the snapshot comes first */
export function isData(object: string): boolean {
  const name = object.slice(object.indexOf("/") + 1);
  return !OTHERS.includes(plainName(name)) && !isBookkeeping(name);
}
