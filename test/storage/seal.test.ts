/** Encryption that gives the same bytes again: the program `age` reads it, with the identity of any recipient. */
import { expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { openEncrypted } from "../../src/storage/age/decrypt.ts";
import { generateKeyPair } from "../../src/storage/age/keys.ts";
import { sealFor } from "../../src/storage/age/seal.ts";
import { runAge } from "../support/age.ts";
import { temporaryDirectory } from "../support/directory.ts";

const CHUNK = 64 * 1024;

async function* inPieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 50_021) yield bytes.subarray(at, at + 50_021);
}

test("age reads it, and it is as long as was said, whatever its length", async () => {
  const keys = [await generateKeyPair(), await generateKeyPair()];
  const files = temporaryDirectory(Object.fromEntries(keys.map(({ identity }, n) => [`${n}.key`, identity])));
  for (const size of [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5000]) {
    const plain = randomBytes(size);
    const seal = await sealFor(
      keys.map(({ recipient }) => recipient),
      randomBytes(32),
    );
    const stored = Buffer.concat(await Array.fromAsync(seal.encrypt(inPieces(plain))));
    expect(stored.length).toBe(seal.size(size));
    for (const n of keys.keys()) expect(runAge(["-d", "-i", join(files, `${n}.key`)], stored)).toEqual(plain);
    const read = async (from: number, to: number) => stored.subarray(from, to);
    const opened = await openEncrypted({ size: stored.length, read }, [keys[1]?.identity ?? ""]);
    expect(Buffer.from(await opened.read(0, size))).toEqual(plain);
  }
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
