/** Checks whether a plugin's files are the trusted ones, and what has changed since. */
import { DeclarationError } from "../plugin/declaration.ts";
import { hashOfFiles, type PluginFiles } from "./files.ts";
import type { LockEntry } from "./lock.ts";
import { usesOf } from "./uses.ts";

/** Nobody trusted this code, so it is not loaded. */
export class UntrustedError extends DeclarationError {
  /** As the configuration names it. */
  readonly spec: string;
  readonly changes: Changes;

  constructor(spec: string, changes: Changes, message: string, hint: string) {
    super(message, hint);
    this.spec = spec;
    this.changes = changes;
  }
}

/** Which files changed, by name. */
export interface Changes {
  readonly changed: readonly string[];
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** What its code uses now but did not when it was trusted. */
  readonly newUses: readonly string[];
}

/** @throws UntrustedError unless the files are exactly those in the lock */
export function requireTrust(spec: string, found: PluginFiles, entry: LockEntry | undefined): void {
  const changes = changesSince(found, entry);
  if (entry === undefined) {
    const hint = `Look at it, then: contextcore plugin add ${spec}`;
    throw new UntrustedError(spec, changes, `the plugin ${spec} is not trusted, and was not loaded`, hint);
  }
  if (hashOfFiles(found.files) === entry.hash && isUnchanged(changes)) return;
  const names = [...changes.changed, ...changes.added, ...changes.removed];
  const shown = names.slice(0, 3).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : "");
  throw new UntrustedError(
    spec,
    changes,
    `the plugin ${spec} has changed since it was trusted (${shown}), and was not loaded`,
    `Look at the change, then: contextcore plugin trust ${spec}`,
  );
}

/** Whether no file has changed. */
export const isUnchanged = ({ changed, added, removed }: Changes): boolean =>
  changed.length + added.length + removed.length === 0;

/** How the files differ from the trusted ones; all of them are `added` if nothing was trusted. */
export function changesSince(found: PluginFiles, entry: LockEntry | undefined): Changes {
  const before = new Map(Object.entries(entry?.files ?? {}));
  const names = [...found.files.keys()];
  return {
    changed: names.filter(
      (name) => before.has(name) && before.get(name)?.hash !== found.files.get(name)?.hash,
    ),
    added: names.filter((name) => !before.has(name)),
    removed: [...before.keys()].filter((name) => !found.files.has(name)),
    newUses: usesOf(found).filter((use) => !entry?.uses.includes(use)),
  };
}
