/** `copy.json` is read as a stranger's letter: nothing in it leads elsewhere, and what is signed is what is read. */
import { expect, test } from "bun:test";
import { openNote } from "../../src/audit/format/note.ts";
import { type CopyClaims, formatCopy, parseCopy } from "../../src/copies/format/copy-file.ts";
import { FOREIGN, KEY } from "./store.ts";

const NAME = "20260124-143000";
const sha256 = "5f".repeat(32);

const CLAIMS: CopyClaims = {
  tool: "contextcore test",
  snapshot: NAME,
  manifest: sha256,
  created: "2026-01-24T15:00:00Z",
  host: "höst “1”",
  user: "user",
  objects: [
    { name: "manifest.json", bytes: 10, sha256 },
    { name: "loki/rules/a b.json.age", bytes: 250, sha256, encrypted: { bytes: 7, recipients: ["age1x"] } },
  ],
};

const read = (text: string) => parseCopy(text, NAME, "offsite:copy.json");

test("what was signed is read back, and can be checked as a signed note without this program", () => {
  const text = formatCopy(CLAIMS, KEY);
  expect(read(text)).toEqual({ ...CLAIMS, key: KEY.verifier });
  const { signature } = JSON.parse(text);
  const note = `${text.replace(JSON.stringify(signature), '""')}\n${signature}\n`;
  expect(openNote(note, KEY.verifier)).toContain(`"snapshot": "${NAME}"`);
});

test("no byte of it can be changed", () => {
  const bytes = Buffer.from(formatCopy(CLAIMS, KEY));
  for (let at = 0; at < bytes.length; at += 1) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => read(changed.toString()), `byte ${at}`).toThrow();
  }
  expect(() => read(`${bytes} `)).toThrow();
  expect(() => read(bytes.toString().slice(0, -1))).toThrow();
});

test("a signature of something else, or by somebody else under this key's name, is none", () => {
  const [own, foreign] = [formatCopy(CLAIMS, KEY), formatCopy(CLAIMS, FOREIGN)];
  const signatureOf = (text: string): string => JSON.stringify(JSON.parse(text).signature);
  const other = formatCopy({ ...CLAIMS, user: "other" }, KEY);
  for (const from of [foreign, other])
    expect(() => read(own.replace(signatureOf(own), signatureOf(from)))).toThrow(
      "changed after it was signed",
    );
  expect(() => read(foreign.replace(FOREIGN.verifier, KEY.verifier))).toThrow("changed after it was signed");
});

const withObject = (name: unknown) =>
  ({ ...CLAIMS, objects: [{ name, bytes: 1, sha256 }, ...CLAIMS.objects] }) as CopyClaims;

test.each([
  ["a name that leads out", withObject("../x")],
  ["an absolute name", withObject("/etc/passwd")],
  ["a part that is empty", withObject("a//b")],
  ["a name with a backslash", withObject("a\\b")],
  ["a name with a line break", withObject("a\nb")],
  ["a name that is too long", withObject("x".repeat(901))],
  ["a name that is none", withObject(7)],
  ["a name twice", withObject("manifest.json")],
  ["a name twice where case is ignored", withObject("Manifest.json")],
  ["itself", withObject("copy.json")],
  ["a size below nothing", { ...CLAIMS, objects: [{ name: "a", bytes: -1, sha256 }] }],
  ["a size that is none", { ...CLAIMS, objects: [{ name: "a", bytes: 2 ** 60, sha256 }] }],
  ["a checksum that is none", { ...CLAIMS, objects: [{ name: "a", bytes: 1, sha256: "x" }] }],
  [
    "something encrypted under a plain name",
    { ...CLAIMS, objects: [{ name: "a", bytes: 1, sha256, encrypted: { bytes: 1, recipients: ["age1x"] } }] },
  ],
  [
    "something encrypted for nobody",
    { ...CLAIMS, objects: [{ name: "a.age", bytes: 1, sha256, encrypted: { bytes: 1, recipients: [] } }] },
  ],
  ["another snapshot's name", { ...CLAIMS, snapshot: "20260125-143000" }],
  ["a name that is no snapshot's", { ...CLAIMS, snapshot: "../../x" }],
] satisfies [string, CopyClaims][])("%s is refused, although it is signed", (_, claims) => {
  expect(() => read(formatCopy(claims, KEY))).toThrow("offsite:copy.json: ");
});

test("what is no such file at all is refused, and a newer format is said to be newer", () => {
  for (const text of ["", "null", "[]", "{", "[".repeat(100_000), '{"format":1}', '{"format":"1"}'])
    expect(() => read(text), text.slice(0, 20)).toThrow("offsite:copy.json: ");
  expect(() => read('{"format":2}')).toThrow("newer than this program knows");
});
