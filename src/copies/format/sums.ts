import type { CopyObject } from "./copy-file.ts";

/** For `sha256sum -c`, of a copy that was brought back without this program. */
export const SUMS_FILE = "SHA256SUMS";

/** Its text. Names of objects have neither line breaks nor backslashes, so nothing in them has to be escaped. */
export const formatSums = (objects: readonly CopyObject[]): string =>
  objects.map(({ name, sha256 }) => `${sha256}  ${name}\n`).join("");
