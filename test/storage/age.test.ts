/** Encryption with age: what we write, the program `age` reads, and the other way round; any range is read, and no damage is missed. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { openEncrypted, type RangedBytes } from "../../src/storage/age/decrypt.ts";
import { parseIdentities } from "../../src/storage/age/identity-file.ts";
import { generateKeyPair, requireRecipient } from "../../src/storage/age/keys.ts";
import { sealFor } from "../../src/storage/age/seal.ts";
import { type ChunkCipher, systemCipher } from "../../src/storage/age/system-cipher.ts";
import { ageKeygen, runAge } from "../support/age.ts";
import { temporaryDirectory } from "../support/directory.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const CHUNK = 64 * 1024;
const SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5000];

/** In pieces of uneven length, as they come from a disk or a network. */
async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_021) yield bytes.subarray(at, at + 50_021);
}

async function encrypted(recipients: readonly string[], plain: Uint8Array): Promise<Buffer> {
  const seal = await sealFor(recipients, randomBytes(32));
  const pieces = await Array.fromAsync(seal.encrypt(inPieces(plain)));
  expect(seal.size(plain.length)).toBe(pieces.reduce((sum, piece) => sum + piece.length, 0));
  return Buffer.concat(pieces);
}

const stored = (bytes: Buffer): RangedBytes => ({
  size: bytes.length,
  read: async (from, to) => bytes.subarray(from, to),
});

async function decrypted(bytes: Buffer, identity: string): Promise<Buffer> {
  const opened = await openEncrypted(stored(bytes), [identity]);
  return Buffer.from(await opened.read(0, opened.size));
}

test("age reads what we encrypt, with the identity of either recipient", async () => {
  const keys = [await generateKeyPair(), await generateKeyPair()];
  const files = temporaryDirectory(Object.fromEntries(keys.map(({ identity }, n) => [`${n}.key`, identity])));
  for (const size of SIZES) {
    const plain = randomBytes(size);
    const bytes = await encrypted(
      keys.map(({ recipient }) => recipient),
      plain,
    );
    for (const n of keys.keys()) expect(runAge(["-d", "-i", join(files, `${n}.key`)], bytes)).toEqual(plain);
  }
});

test("we read what age encrypts, to a key that age made", async () => {
  const [key] = await parseIdentities(ageKeygen());
  if (key === undefined) throw new Error("no identity");
  for (const size of SIZES) {
    const plain = randomBytes(size);
    expect(await decrypted(runAge(["-r", key.recipient], plain), key.identity)).toEqual(plain);
  }
});

test("any range is read, from no more than the chunks that it touches", async () => {
  const { identity, recipient } = await generateKeyPair();
  const plain = randomBytes(5 * CHUNK + 77);
  const bytes = await encrypted([recipient], plain);
  let fetched = 0;
  const read = async (from: number, to: number) => {
    fetched += to - from;
    return bytes.subarray(from, to);
  };
  const opened = await openEncrypted({ size: bytes.length, read }, [identity]);
  expect(opened.size).toBe(plain.length);
  for (const [from, to, chunks] of [
    [0, 1, 1],
    [CHUNK - 1, CHUNK + 1, 2],
    [CHUNK, 2 * CHUNK, 1],
    [3 * CHUNK + 5, 5 * CHUNK + 77, 3],
    [plain.length - 1, plain.length, 1],
    [9, 9, 0],
  ] as const) {
    fetched = 0;
    expect(Buffer.from(await opened.read(from, to))).toEqual(plain.subarray(from, to));
    expect(fetched).toBeLessThanOrEqual(chunks * (CHUNK + 16));
  }
  expect(opened.read(plain.length, plain.length + 1)).rejects.toThrow(`a file of ${plain.length}`);
});

test("one bit anywhere, a cut, a swap and an addition: each is found", async () => {
  const { identity, recipient } = await generateKeyPair();
  const bytes = await encrypted([recipient], randomBytes(2 * CHUNK + 300));
  const header = bytes.indexOf("\n", bytes.indexOf("\n--- ") + 1) + 1;
  const begin = header + 16;
  const chunk = (n: number): Buffer =>
    bytes.subarray(begin + n * (CHUNK + 16), begin + (n + 1) * (CHUNK + 16));
  const flipped = (at: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = (copy[at] ?? 0) ^ 1;
    return copy;
  };
  const places = [...Array.from({ length: begin + 20 }, (_, at) => at), begin + CHUNK, bytes.length - 1];
  const bad = [
    ...places.map(flipped),
    bytes.subarray(0, begin + 2 * (CHUNK + 16)), // ends exactly after a chunk
    bytes.subarray(0, bytes.length - 1),
    bytes.subarray(0, begin + 3),
    bytes.subarray(0, header - 5),
    Buffer.concat([bytes, chunk(1)]),
    Buffer.concat([bytes.subarray(0, begin), chunk(1), chunk(0), chunk(2)]),
    Buffer.alloc(0),
  ];
  for (const [n, one] of bad.entries())
    expect([n, await decrypted(one, identity).then(String, (error) => error.name)]).toEqual([n, "AgeError"]);
});

test("another identity opens nothing, and is told so", async () => {
  const { recipient } = await generateKeyPair();
  const { identity } = await generateKeyPair();
  expect(decrypted(await encrypted([recipient], randomBytes(9)), identity)).rejects.toThrow(
    "no identity that was given opens it",
  );
});

test("the same seed gives the same bytes; another one nothing in common", async () => {
  const { recipient } = await generateKeyPair();
  const plain = randomBytes(CHUNK + 9);
  const sealed = async (seed: Buffer): Promise<Buffer> =>
    Buffer.concat(await Array.fromAsync((await sealFor([recipient], seed)).encrypt(inPieces(plain))));
  const [one, other] = [randomBytes(32), randomBytes(32)];
  expect(await sealed(one)).toEqual(await sealed(one));
  const [first, second] = [await sealed(one), await sealed(other)];
  const same = first.subarray(-1000).filter((byte, n) => byte === second.subarray(-1000)[n]).length;
  expect(same).toBeLessThan(40);
});

test("a recipient that only begins like one of another kind is taken: its letters are random", async () => {
  const starts = new Set<string>();
  for (let n = 0; n < 20_000 && !starts.has("age1pq"); n += 1) {
    const { recipient } = await generateKeyPair();
    if (!recipient.startsWith("age1pq")) continue;
    await requireRecipient(recipient);
    starts.add("age1pq");
  }
  expect([...starts]).toEqual(["age1pq"]);
  expect(requireRecipient("age1pq1xyz")).rejects.toThrow("older versions of age cannot read");
});

test.if(process.platform === "linux")(
  "this machine's cipher does what the library's does, and takes nothing that was changed",
  () => {
    const system = systemCipher(chacha20poly1305);
    if (system === undefined) throw new Error("there is no OpenSSL");
    for (const size of [0, 1, 15, 16, 17, CHUNK - 1, CHUNK]) {
      const [key, nonce, plain] = [randomBytes(32), randomBytes(12), randomBytes(size)];
      const sealed = system(key, nonce).encrypt(plain);
      expect(Buffer.compare(sealed, chacha20poly1305(key, nonce).encrypt(plain))).toBe(0);
      expect(Buffer.compare(system(key, nonce).decrypt(sealed), plain)).toBe(0);
      for (const at of new Set([0, size >> 1, size, size + 15])) {
        const changed = Uint8Array.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ 1;
        expect(() => system(key, nonce).decrypt(changed)).toThrow();
      }
      expect(() => system(key, nonce).decrypt(sealed.subarray(1))).toThrow();
      expect(() => system(key, randomBytes(12)).decrypt(sealed)).toThrow();
    }
    expect(() => system(randomBytes(32), randomBytes(12)).decrypt(randomBytes(15))).toThrow();
  },
);

test("one that does something else is not used", () => {
  const other: ChunkCipher = (key, nonce) => ({
    ...chacha20poly1305(key, nonce),
    encrypt: (bytes) => chacha20poly1305(key, nonce).encrypt(bytes).reverse(),
  });
  expect(systemCipher(other)).toBeUndefined();
});
