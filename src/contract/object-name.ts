import { PluginError } from "./errors.ts";

const NAME_BYTES_MAX = 900;

/** Whether an object of a store may have this name: see `Store`. */
export const isObjectName = (name: string): boolean =>
  name.isWellFormed() &&
  Buffer.byteLength(name) <= NAME_BYTES_MAX &&
  !/[\p{Cc}\\]/u.test(name) &&
  name.split("/").every((part) => part !== "" && part !== "." && part !== "..");

/** The name, if an object of a store may have it. @throws PluginError `invalid` */
export function requireObjectName(name: string): string {
  if (isObjectName(name)) return name;
  const shown = JSON.stringify(name.slice(0, 100).toWellFormed());
  throw new PluginError("invalid", `${shown} cannot be the name of an object`, {
    hint: "A name is 1 to 900 bytes in parts between slashes, none of them empty, `.` or `..`, and has no control character and no backslash.",
  });
}
