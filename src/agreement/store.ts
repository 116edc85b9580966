/** `~/.contextcore/agreements.json`: what this user has agreed to, by project. */
import { type BigIntStats, lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { TrailError } from "../audit/format/error.ts";
import { SMALL_BYTES_MAX } from "../audit/format/limits.ts";
import { makeDirectory, PRIVATE, writeDurably } from "../audit/journal/durable.ts";
import { withLock } from "../audit/journal/lock.ts";
import { objectOf } from "../contract/any-names.ts";
import { readOwnText } from "../storage/own-file.ts";

const agreementSchema = v.object({
  /** RFC 3339. */
  at: v.string(),
  /**
   * How the user agreed: `asked` or by `flag`; `plugin`: one was added or trusted; `adopted`: it was in use before agreement was
   * asked for; `removed`: withdrawn, and remembered so that it is not adopted again.
   */
  how: v.picklist(["asked", "flag", "plugin", "adopted", "removed"]),
  /** The `claimId` of each claim. */
  claims: v.array(v.string()),
});

const storeSchema = v.object({
  version: v.literal(1),
  /** Identifies the file that this was written into, so that a copy is recognized. */
  self: v.string(),
  projects: objectOf(agreementSchema),
});

/** What was agreed to for one project. */
export type Agreement = v.InferOutput<typeof agreementSchema>;

/** By the path of the project's configuration. */
export type Agreements = Readonly<Record<string, Agreement>>;

/** @param home `~/.contextcore` */
export const storePath = (home: string): string => join(resolve(home), "agreements.json");

/** The contents of the agreements file, as far as they count. */
export interface KeptAgreements {
  readonly projects: Agreements;
  /** Whether the file exists but was not written there by this program: it was copied, restored or made by somebody else, and is ignored. */
  readonly isForeign: boolean;
}

/**
 * What this user has agreed to. Only the file that this program itself wrote counts, because a project's author could include
 * a prepared home directory and get the program started with it.
 * @throws TrailError when the file exists and cannot be used
 */
export function readAgreements(home: string): KeptAgreements {
  const path = storePath(home);
  const status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return { projects: {}, isForeign: false };
  if (!status.isFile()) throw unusable(path, "is not a regular file");
  const { self, projects } = parsed(path);
  const isForeign = self !== selfOf(status);
  return { projects: isForeign ? {} : projects, isForeign };
}

/** Changes what is agreed to, under a lock. @throws TrailError when it cannot be stored */
export async function changeAgreements(
  home: string,
  change: (agreements: Agreements) => Agreements,
): Promise<void> {
  makeDirectory(resolve(home), 0o700);
  await withLock(join(resolve(home), "agreements.lock"), async () => {
    const projects = change(readAgreements(home).projects);
    const text = (status: BigIntStats): string =>
      `${JSON.stringify({ version: 1, self: selfOf(status), projects }, undefined, 2)}\n`;
    writeDurably(storePath(home), text, PRIVATE);
  });
}

/** Nobody who prepares files can choose these numbers: they are assigned when the file is created. */
const selfOf = ({ ino, birthtimeNs }: BigIntStats): string => `${ino}-${birthtimeNs}`;

function parsed(path: string): v.InferOutput<typeof storeSchema> {
  const checked = v.safeParse(storeSchema, jsonIn(path));
  if (checked.success) return checked.output;
  const isNewer = checked.issues.some((issue) => v.getDotPath(issue) === "version");
  throw unusable(path, isNewer ? "was written by another version of contextcore" : "is damaged");
}

function jsonIn(path: string): unknown {
  const text = readOwnText(path, SMALL_BYTES_MAX);
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const unusable = (path: string, why: string): TrailError =>
  new TrailError(`${path} ${why}: nobody can tell what you have agreed to`, {
    hint: "Move it away, then agree to your projects again: contextcore config trust",
  });
