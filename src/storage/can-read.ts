import { accessSync, constants } from "node:fs";

/** Whether this user can read a file. */
export function canRead(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
