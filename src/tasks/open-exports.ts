/** Exports here that are not finished: what they still need stays. */
import type { Config } from "../config/config.ts";
import type { BackendData } from "../retention/expiry/due.ts";
import { SnapshotError } from "../snapshot/format/errors.ts";
import { rangeFromText } from "../snapshot/format/range-text.ts";
import { listPartials } from "../snapshot/write/partial.ts";
import { readRequest, type SnapshotRequest } from "../snapshot/write/request.ts";

type Asked = SnapshotRequest["plugins"][number];

/** What the unfinished exports were asked to read. One that cannot be resumed needs nothing. @throws SnapshotError */
export async function openExports({ backups }: Pick<Config, "backups">): Promise<readonly Asked[]> {
  const found: Asked[] = [];
  for (const path of await listPartials(backups)) {
    const request = await readRequest(path).catch(ifNotResumable);
    found.push(...(request?.plugins ?? []));
  }
  return found;
}

function ifNotResumable(error: unknown): undefined {
  if (!(error instanceof SnapshotError)) throw error;
}

/** Why one of them needs this data; `undefined`: none does. @param hashes by which the snapshot may be named */
export const continuedBy = (
  open: readonly Asked[],
  { plugin }: BackendData,
  hashes: readonly string[],
): string | undefined =>
  open.some(({ name, parent }) => name === plugin.name && hashes.includes(parent?.sha256 ?? ""))
    ? "an export that is not finished continues it: contextcore export --resume"
    : undefined;

/** From when on they still read this backend; `undefined`: none does. ns */
export const readFrom = (open: readonly Asked[], backend: string): bigint | undefined =>
  open
    .filter(({ name }) => name === backend)
    .map(({ range }) => rangeFromText(range).from)
    .reduce<bigint | undefined>(
      (first, one) => (first === undefined || one < first ? one : first),
      undefined,
    );
