/**
 * Ten thousand things that whoever controls a place can do to the copies in it: a verification finds every one, nothing wrong is
 * ever read, nothing else is removed for it, and what was looked at counts for nothing.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { basename } from "node:path";
import { PluginError, type Store } from "contextcore";
import { copyStorage } from "../../src/copies/read/copy-storage.ts";
import { decryptedWith } from "../../src/copies/read/decrypted.ts";
import { encryptedTo } from "../../src/copies/write/encrypted.ts";
import { SnapshotError } from "../../src/snapshot/format/errors.ts";
import { openSnapshot } from "../../src/snapshot/read/reader.ts";
import { generateKeyPair } from "../../src/storage/age/keys.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { verifySnapshot } from "../../src/verify/verify.ts";
import { random as randomFrom } from "../lab/random.ts";
import { smallSnapshot } from "../snapshot/small.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { AGE_ATTACKS, ATTACKS, type Attack, encryptedAnew } from "./hostile.ts";
import { copyTo, KEY, type MemoryStore, memoryStore, placeOf, signal } from "./store.ts";

setDefaultTimeout(600_000);

/** Of all of them; more by `SIEGE_ROUNDS`. */
const ROUNDS = Number(process.env.SIEGE_ROUNDS ?? 10_000);

const [own, second, stranger] = await Promise.all(Array.from({ length: 3 }, generateKeyPair));
if (own === undefined || second === undefined || stranger === undefined) throw new Error("no keys");

const DISTRUSTED = new SnapshotError("signed by somebody else");

const storageOf = (store: Store, name: string): Storage =>
  copyStorage({
    place: placeOf(store),
    name,
    opened: decryptedWith(async () => [own.identity]),
    signal,
    admit: ({ copy }) => {
      if (copy.key !== KEY.verifier) throw DISTRUSTED;
    },
  });

const directory = temporaryDirectory();
/** One with data of every kind, and one with a file of nothing. */
const PATHS = [
  await smallSnapshot(directory, { streams: 1, entries: 3, objects: 1 }),
  await smallSnapshot(directory, { streams: 0, entries: 0, objects: 1, compression: "zstd" }),
] as const;

async function copies(form: Parameters<typeof copyTo>[2]): Promise<MemoryStore> {
  const store = memoryStore();
  for (const path of PATHS) await copyTo(store, path, form);
  return store;
}

const plain = await copies({});
const encrypted = await copies({ form: encryptedTo([own.recipient, second.recipient], KEY) });

/** What the attacked copies are, how many of a hundred rounds are of that, and what is done to them. */
const SIEGES: readonly (readonly [
  string,
  MemoryStore,
  MemoryStore,
  number,
  Readonly<Record<string, Attack>>,
])[] = [
  ["in the clear", plain, encrypted, 80, ATTACKS],
  [
    "encrypted",
    encrypted,
    plain,
    20,
    {
      ...ATTACKS,
      ...AGE_ATTACKS,
      "encrypted anew": encryptedAnew(own.identity, [own.recipient, second.recipient]),
      "encrypted anew, and to somebody else": encryptedAnew(own.identity, [
        own.recipient,
        stranger.recipient,
      ]),
    },
  ],
];

/** The blocks that are given out as right. */
async function blocksOf(place: Storage): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const snapshot = await openSnapshot(place);
  try {
    for await (const { block } of snapshot.blocks()) {
      const content = await snapshot.read(block).catch(ifDamaged);
      if (content !== undefined)
        found.set(`${block.file} ${block.offset}`, Buffer.from(content).toString("latin1"));
    }
  } finally {
    await snapshot.close();
  }
  return found;
}

/** Every other error is a bug: it would be shown with its stack. */
function ifDamaged(error: unknown): undefined {
  if (!(error instanceof SnapshotError || error instanceof PluginError)) throw error;
}

const copyOf = ({ objects }: MemoryStore): MemoryStore => {
  const store = memoryStore();
  for (const [name, bytes] of objects) store.objects.set(name, bytes);
  return store;
};

test.each(SIEGES)(
  "copies %s: nothing that is done to one is missed, and nothing wrong is read",
  async (form, sound, other, share, attacks) => {
    const random = randomFrom(form.length);
    const kinds = Object.entries(attacks);
    const [first, second] = PATHS.map((path) => basename(path));
    const right = new Map<string, Map<string, string>>();
    for (const name of [first, second]) right.set(name ?? "", await blocksOf(storageOf(sound, name ?? "")));
    const rounds = Math.ceil((ROUNDS * share) / 100);
    for (let round = 0; round < rounds; round += 1) {
      const [what, attack] = kinds[round % kinds.length] ?? ["", () => {}];
      const [name = "", neighbour = ""] = random() < 0.7 ? [first, second] : [second, first];
      const hurt = copyOf(sound);
      await attack(hurt.objects, { name, other: neighbour, elsewhere: [other.objects], random });
      const id = `${what}, round ${round}`;
      const { sound: isSound, flawsTotal } = await verifySnapshot(storageOf(hurt, name));
      expect([id, isSound, flawsTotal > 0]).toEqual([id, false, true]);
      if (!hurt.objects.has(`${name}/copy.json`)) continue;
      for (const [block, content] of (await blocksOf(storageOf(hurt, name)).catch(ifDamaged)) ?? [])
        if (right.get(name)?.get(block) !== content)
          expect([id, block, content]).toEqual([id, block, right.get(name)?.get(block) ?? ""]);
    }
  },
);

test("a verification with the identity reads nothing twice", async () => {
  const [name = ""] = PATHS.map((path) => basename(path));
  const store = copyOf(encrypted);
  expect((await verifySnapshot(storageOf(store, name))).sound).toBe(true);
  for (const [object, bytes] of store.objects)
    if (object.startsWith(`${name}/`) && /logs|traces|metrics/.test(object))
      expect(store.fetched.get(object)).toBeLessThanOrEqual(1.1 * bytes.length + 8_192);
});
