/** The example key, text and signature of Go's `golang.org/x/mod/sumdb/note`, which the C2SP specification is made after. */
import { expect, test } from "bun:test";
import { generateKey, openNote, parseSigningKey, parseVerifier } from "../../src/audit/format/note.ts";

const SECRET = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const SIGNATURE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

test("the same key, the same signature", () => {
  const key = parseSigningKey(SECRET);
  expect(key.verifier).toBe(VERIFIER);
  expect(key.sign(TEXT)).toBe(`${TEXT}\n${SIGNATURE}`);
  expect(openNote(`${TEXT}\n${SIGNATURE}`, VERIFIER)).toBe(TEXT);
});

test("signatures of others stand beside ours", () => {
  const other = generateKey("example.org/log");
  const cosigned = `${other.sign(TEXT)}${SIGNATURE}`;
  expect(openNote(cosigned, VERIFIER)).toBe(TEXT);
  expect(openNote(cosigned, other.verifier)).toBe(TEXT);
  expect(() => openNote(cosigned, generateKey("example.org/log").verifier)).toThrow("has not signed it");
});

test("every changed character is found", () => {
  const key = generateKey("shop");
  const note = key.sign("shop\n12\naGFzaA==\n");
  const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
  for (let at = 0; at < text.length; at += 1) {
    const changed = `${note.slice(0, at)}${note[at] === "x" ? "y" : "x"}${note.slice(at + 1)}`;
    expect(() => openNote(changed, key.verifier)).toThrow();
  }
});

test.each([
  "",
  "x",
  "PeterNeumann+c74f20a3",
  "Peter+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
  VERIFIER.replace("+AR", "+AT"),
])("%j is not a verifier key", (text) => {
  expect(() => parseVerifier(text)).toThrow();
});

test("a name that would break the format is refused", () => {
  expect(() => generateKey("a b")).toThrow("not a key name");
  expect(() => generateKey("a+b")).toThrow("not a key name");
});
