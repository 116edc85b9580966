/** `~/.contextcore/agreements.json`: what this user has agreed to, by project. */
import { type BigIntStats, lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { TrailError } from "../audit/format/error.ts";
import { SMALL_BYTES_MAX } from "../audit/format/limits.ts";
import { makeDirectory, writeDurably } from "../audit/journal/durable.ts";
import { withLock } from "../audit/journal/lock.ts";
import { readOwnText } from "../storage/own-file.ts";
import { isBelow, realPath } from "./outside.ts";

const agreementSchema = v.object({
  /** RFC 3339. */
  at: v.string(),
  /**
   * `asked`, `flag`; `plugin`: one was added or trusted; `adopted`: it was in use before anything was asked; `removed`: taken
   * back, so that it is not adopted again.
   */
  how: v.picklist(["asked", "flag", "plugin", "adopted", "removed"]),
  /** `claimId` of each. */
  claims: v.array(v.string()),
});

const storeSchema = v.object({
  version: v.literal(1),
  /** Which file this was written into: a copy of it is another. */
  self: v.string(),
  projects: v.record(v.string(), agreementSchema),
});

/** What was agreed to for one project. */
export type Agreement = v.InferOutput<typeof agreementSchema>;

/** By the path of the project's configuration. */
export type Agreements = Readonly<Record<string, Agreement>>;

/** @param home `~/.contextcore` */
export const storePath = (home: string): string => join(resolve(home), "agreements.json");

/**
 * What this user has agreed to.
 * @param project its directory: a home that lies within it may have come with it, and then only the file that this program
 * itself wrote counts, not a copy
 * @throws TrailError when the file is there and cannot be used
 */
export function readAgreements(home: string, project: string): Agreements {
  const path = storePath(home);
  const status = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (status === undefined) return {};
  if (!status.isFile()) throw unusable(path, "is no regular file");
  const { self, projects } = parsed(path);
  return isWithin(home, project) && self !== selfOf(status) ? {} : projects;
}

/** Whether the home lies in the project, so that who made the project may have made it, too. */
export const isWithin = (home: string, project: string): boolean =>
  isBelow(realPath(resolve(home)), realPath(project));

/** Changes what is agreed to, while no other process does. @throws TrailError when it cannot be kept */
export async function changeAgreements(
  home: string,
  project: string,
  change: (agreements: Agreements) => Agreements,
): Promise<void> {
  makeDirectory(resolve(home), 0o700);
  await withLock(join(resolve(home), "agreements.lock"), async () => {
    const projects = change(readAgreements(home, project));
    const text = (status: BigIntStats): string =>
      `${JSON.stringify({ version: 1, self: selfOf(status), projects }, undefined, 2)}\n`;
    writeDurably(storePath(home), text, 0o600);
  });
}

/** Neither number can be chosen by who packs files: they are given where the file is made. */
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
