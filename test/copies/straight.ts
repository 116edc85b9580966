/** Exports that go straight into a store in memory. */
import type { Store } from "contextcore";
import { copyStorage } from "../../src/copies/read/copy-storage.ts";
import { decryptedWith } from "../../src/copies/read/decrypted.ts";
import type { StraightOptions } from "../../src/copies/straight/options.ts";
import { listStraight } from "../../src/copies/straight/plan.ts";
import { encryptedTo } from "../../src/copies/write/encrypted.ts";
import { asItIs } from "../../src/copies/write/outgoing.ts";
import { exportStraight, resumeStraight, type StraightJob } from "../../src/export/export-straight.ts";
import type { ExportJob, ExportResult } from "../../src/export/types.ts";
import type { OpenBackend } from "../../src/host/open.ts";
import { fileOf } from "../../src/snapshot/format/block.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { generateKeyPair, type KeyPair } from "../../src/storage/age/keys.ts";
import { localStorage } from "../../src/storage/local.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { type Dumps, dumpBackend } from "../export/dump-backend.ts";
import { type FakeOptions, fakeBackend } from "../export/fake-backend.ts";
import { jobOf } from "../export/run.ts";
import { KEY, placeOf, signal } from "./store.ts";

export const pair: KeyPair = await generateKeyPair();

/** Where it goes: in the clear, or to the test's recipient. */
export const into = (
  store: Store,
  more: Partial<StraightOptions> & { readonly isEncrypted?: boolean } = {},
) => {
  const { isEncrypted = false, ...rest } = more;
  const place = { ...placeOf(store), recipients: isEncrypted ? [pair.recipient] : [] };
  const key = rest.key ?? KEY;
  return {
    place,
    form: isEncrypted ? encryptedTo(place.recipients, key) : asItIs,
    key,
    by: { tool: "contextcore test", host: "host", user: "user" },
    now: () => "2026-01-24T15:00:00Z",
    signal,
    ...rest,
  } satisfies StraightOptions;
};

const earlier: StraightJob["earlier"] = () => localStorage("/nowhere");

/** Exports these, as `jobOf` says. */
export const exportTo = (
  target: StraightOptions,
  opens: readonly OpenBackend[],
  more: Partial<ExportJob> = {},
): Promise<ExportResult> =>
  exportStraight({ ...jobOf("", opens, more), into: target, earlier, isFree: () => true });

/** Continues the newest one. */
export async function resumeIn(
  target: StraightOptions,
  opens: readonly OpenBackend[],
  more: Partial<ExportJob> = {},
): Promise<ExportResult> {
  const [name = ""] = (await listStraight(target.place)).slice(-1);
  return resumeStraight(name, { ...jobOf("", opens, more), into: target, earlier });
}

/** A backend of every shape, and one that has files and dumps. */
export const everyShape = ({
  fake = {},
  dumps = {},
}: {
  readonly fake?: FakeOptions;
  readonly dumps?: Dumps;
} = {}): OpenBackend[] => [
  fakeBackend({ streams: 2, entries: 20, objects: 3, ...fake }),
  { ...dumpBackend(dumps), name: "dumps", folder: "dumps" },
];

/** The copy of this name, as whoever holds the identity reads it. */
export const copyIn = (store: Store, name: string): Storage =>
  copyStorage({
    place: placeOf(store),
    name,
    opened: decryptedWith(async () => [pair.identity]),
    signal,
    admit: () => {},
  });

/** What a snapshot holds of each data file, however it is divided into parts and in whichever order it was read. */
export async function contentsOf(place: Storage | string): Promise<Record<string, string>> {
  const snapshot = await openSnapshot(place);
  const found = new Map<string, string[]>();
  for await (const { plugin, block } of snapshot.blocks()) {
    const key = `${plugin} ${fileOf(block)}`;
    const text = Buffer.from(await snapshot.read(block)).toString("latin1");
    found.set(key, [...(found.get(key) ?? []), text]);
  }
  await snapshot.close();
  return Object.fromEntries(
    [...found].sort().map(([key, texts]) => [
      key,
      key.endsWith(".json")
        ? texts
            .flatMap((text) => text.split("\n"))
            .sort()
            .join("\n")
        : texts.join(""),
    ]),
  );
}
