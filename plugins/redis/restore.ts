/** Puts keys back: into a running server, or a dump as the file of a server that is stopped. */
import {
  type LineMatcher,
  PluginError,
  type Problem,
  type Rejected,
  type RestoreAnswer,
  type RestoreDiagnostic,
  type RestoreFile,
  type Restorer,
  replaceFile,
} from "contextcore";
import { sealed } from "./canonical.ts";
import { type Connection, openConnection, type Server, withConnection } from "./connection.ts";
import { DUMP_FILE } from "./export.ts";
import { infoOf, isForeign, keyspacesIn, readsDumps, versionOf } from "./info.ts";
import { fromLine, type SavedKey, toLine } from "./line.ts";
import { keyPattern } from "./pattern.ts";
import { nothingPut, type Put, putKeys } from "./put-keys.ts";
import { loadLibraries } from "./put-libraries.ts";
import { createDumpReader, type DumpedKey } from "./rdb.ts";

/** Writes to the server, or to the file, if one is named. */
export const createRestorer = (server: Server, file: string | undefined): Restorer => ({
  matcher: file === undefined ? matcherOf : wholeOnly,
  preflight: async (_plan, signal) =>
    file === undefined ? lookAt(server, signal) : intoFile(server, file, signal),
  async applyBytes(dump, bytes, signal): Promise<RestoreAnswer> {
    if (dump.file !== DUMP_FILE)
      throw new PluginError("invalid", `redis: ${dump.file} is not a file that redis exports`);
    if (file === undefined) return intoServer(server, dump, bytes, signal);
    if (await isRunning(server, signal)) throw new PluginError("refused", RUNNING(server, file));
    const isNew = await replaceFile(file, bytes, { signal });
    return isNew ? { written: dump.counts } : { written: {}, existing: dump.counts };
  },
  apply: ({ lines }, signal) =>
    withConnection(server, signal, async (connection) => {
      if (file !== undefined) throw new PluginError("invalid", KEYS_INTO_FILE);
      const done = nothingPut();
      await putKeys(connection, lines.map(fromLine), done);
      return answerOf(done);
    }),
});

const KEYS_INTO_FILE =
  "redis: this was saved key by key, so it can be put back into a running server, and not as a file: leave out the option `file`";

async function lookAt(server: Server, signal: AbortSignal): Promise<RestoreDiagnostic[]> {
  const info = await withConnection(server, signal, infoOf);
  const keys = keyspacesIn(info).reduce((sum, one) => sum + one.keys, 0);
  if (keys === 0) return [];
  return [
    { severity: "note", message: `The server holds ${keys} keys. Those that are there stay as they are.` },
  ];
}

const RUNNING = (server: Server, file: string): string =>
  `A server answers at ${server.host}:${server.port}. Stop it first: it would write its own dump over ${file}.`;

async function intoFile(server: Server, file: string, signal: AbortSignal): Promise<RestoreDiagnostic[]> {
  if (await isRunning(server, signal)) return [{ severity: "refuses", message: RUNNING(server, file) }];
  const message = `The server reads ${file} when it starts, unless it has \`appendonly yes\`: start it with \`appendonly no\`, and switch it on afterwards. Whether it can read this dump is not known while it is stopped: it must not be older than the server that was saved.`;
  return [{ severity: "note", message }];
}

/** Whoever answers runs, whatever the answer is. */
const isRunning = (server: Server, signal: AbortSignal): Promise<boolean> =>
  withConnection(server, signal, infoOf).then(
    () => true,
    (error) => !(error instanceof PluginError && error.absent),
  );

const BATCH = 500;

/** Takes the dump apart and writes its keys. @throws PluginError before anything is written when the server cannot read it */
async function intoServer(
  server: Server,
  { match }: RestoreFile,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<RestoreAnswer> {
  using connection = await openConnection(server, signal);
  const product = versionOf(await infoOf(connection));
  const isWanted = match === undefined ? () => true : keyPattern(match);
  const reader = createDumpReader();
  const done = nothingPut();
  const problems: Problem[] = [];
  const put = async (keys: readonly DumpedKey[]): Promise<void> => {
    requireReadable(reader.version(), product, connection);
    const libraries = reader.libraries();
    if (match === undefined) problems.push(...(await loadLibraries(connection, libraries)));
    const wanted = keys.filter(({ key }) => isWanted(key)).map((key) => asSaved(key, reader.version()));
    for (let from = 0; from < wanted.length; from += BATCH)
      await putKeys(connection, wanted.slice(from, from + BATCH), done);
  };
  for await (const piece of bytes) {
    signal.throwIfAborted();
    await put(reader.feed(piece));
  }
  await put(reader.end());
  const answer = answerOf(done);
  return { ...answer, problems: [...problems, ...(answer.problems ?? [])] };
}

function requireReadable(version: number, product: string | undefined, { where }: Connection): void {
  const reads = readsDumps(product);
  if (version === 0 || reads === undefined || !isForeign(version, reads)) return;
  throw new PluginError(
    "refused",
    `${where} is ${product}, which reads dumps up to version ${reads}; this one has version ${version}`,
    {
      hint: "Restore to a server of at least the version that it was saved from. Nothing was written.",
    },
  );
}

/** What `DUMP` would have given: the type, the value, the version of the format, and a checksum over them. */
export function asSaved({ database, key, expires, type, value }: DumpedKey, version: number): SavedKey {
  const dump = sealed(
    Buffer.concat([Buffer.from([type]), value]),
    Buffer.from([version & 0xff, version >> 8]),
  );
  return { database, key, expires, dump };
}

const answerOf = ({ written, existing, refused, expired }: Put): RestoreAnswer => ({
  written: { keys: written },
  existing: { keys: existing },
  rejected: refused.map(({ key, reason }): Rejected => ({ line: toLine(key).trimEnd(), reason })),
  problems:
    expired.length === 0
      ? []
      : [{ kind: "lossy", reason: EXPIRED, items: expired.map(({ key }) => key.toString()) }],
});

const EXPIRED = "They have expired since they were saved, so they are not put back.";

/** @throws PluginError `invalid` always */
function wholeOnly(): LineMatcher {
  throw new PluginError("invalid", "redis: a dump is put back as a file whole, and not some keys of it", {
    hint: "Leave out --match, or the option `file`.",
  });
}

/** A pattern for keys. Of a dump it is heeded where the keys are taken from it. */
function matcherOf(match: string): LineMatcher {
  const isWanted = keyPattern(match);
  return (line, file) => (file === DUMP_FILE || isWanted(fromLine(line).key) ? line : undefined);
}
