/** Everything that somebody who controls a place can do to a copy in it, short of signing with the project's key. */

import type { SigningKey } from "../../src/audit/format/note.ts";
import { type Copy, type CopyClaims, formatCopy } from "../../src/copies/format/copy-file.ts";
import { openEncrypted } from "../../src/storage/age/decrypt.ts";
import { sealFor } from "../../src/storage/age/seal.ts";
import { FOREIGN } from "./store.ts";

/** The objects of a place, by name. */
export type Objects = Map<string, Uint8Array>;

/** What an attacker has besides the copy: its name, and what else he has seen in this or another place. */
export interface Spoils {
  /** The copy's name. */
  readonly name: string;
  /** Another sound copy of the same project in the same place. */
  readonly other: string;
  /** The same snapshot's copies in other places, of other times and forms, by what they are. */
  readonly elsewhere: readonly Objects[];
  readonly random: () => number;
}

/** @returns false when it changes nothing */
export type Attack = (objects: Objects, spoils: Spoils) => void | Promise<void>;

const below = (objects: Objects, name: string): string[] =>
  [...objects.keys()].filter((object) => object.startsWith(`${name}/`)).sort();

const pick = <Item>(items: readonly Item[], random: () => number): Item => {
  const found = items[Math.floor(random() * items.length)];
  if (found === undefined) throw new Error("nothing to choose from");
  return found;
};

const bytesOf = (objects: Objects, name: string): Uint8Array => objects.get(name) ?? new Uint8Array();

const copyIn = (objects: Objects, name: string) =>
  JSON.parse(Buffer.from(bytesOf(objects, `${name}/copy.json`)).toString()) as Copy & { signature: string };

/** `copy.json` with other claims, under the signature that it had. */
const edited =
  (change: (copy: Copy, spoils: Spoils) => object): Attack =>
  (objects, spoils) => {
    const object = `${spoils.name}/copy.json`;
    const {
      objects: listed,
      signature,
      ...head
    } = {
      ...copyIn(objects, spoils.name),
      ...change(copyIn(objects, spoils.name), spoils),
    };
    const members = Object.entries(head).map(
      ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},\n`,
    );
    const lines = Array.isArray(listed)
      ? `[\n${listed.map((one) => `    ${JSON.stringify(one)}`).join(",\n")}\n  ]`
      : JSON.stringify(listed);
    objects.set(
      object,
      Buffer.from(
        `{\n${members.join("")}  "objects": ${lines},\n  "signature": ${JSON.stringify(signature)}\n}\n`,
      ),
    );
  };

const changedObject = (copy: Copy, { random }: Spoils, change: (one: Copy["objects"][number]) => object) => {
  const at = Math.floor(random() * copy.objects.length);
  return { objects: copy.objects.map((one, index) => (index === at ? { ...one, ...change(one) } : one)) };
};

const signedBy =
  (key: SigningKey, change: (copy: Copy) => Partial<CopyClaims> = () => ({})): Attack =>
  (objects, { name }) => {
    const { signature: _, key: _k, ...claims } = copyIn(objects, name);
    objects.set(
      `${name}/copy.json`,
      Buffer.from(formatCopy({ ...claims, ...change({ ...claims, key: "" }) }, key)),
    );
  };

const flip = (bytes: Uint8Array, at: number, bit: number): Uint8Array => {
  const changed = Buffer.from(bytes);
  changed[at] = (changed[at] ?? 0) ^ (1 << bit);
  return changed;
};

const flipIn =
  (which: (names: string[]) => string[]): Attack =>
  (objects, { name, random }) => {
    const chosen = which(below(objects, name)).filter((one) => bytesOf(objects, one).length > 0);
    const object = pick(chosen, random);
    const bytes = bytesOf(objects, object);
    objects.set(object, flip(bytes, Math.floor(random() * bytes.length), Math.floor(random() * 8)));
  };

const STRAYS = [
  "x",
  "logs.json.bak",
  "LOGS.JSON",
  "manifest.json ",
  "a/b/c",
  "copy.json.age",
  "\u202Egpj.exe",
  "é",
  "e\u0301",
];

/** By what is done. */
export const ATTACKS: Readonly<Record<string, Attack>> = {
  "a bit of any object": flipIn((names) => names),
  "a bit of copy.json": flipIn((names) => names.filter((one) => one.endsWith("/copy.json"))),
  "a bit of SHA256SUMS": flipIn((names) => names.filter((one) => one.endsWith("/SHA256SUMS"))),
  "a bit of the manifest": flipIn((names) => names.filter((one) => one.includes("/manifest.json"))),
  "a bit at the beginning of an object": (objects, { name, random }) => {
    const object = pick(
      below(objects, name).filter((one) => bytesOf(objects, one).length > 0),
      random,
    );
    const bytes = bytesOf(objects, object);
    objects.set(
      object,
      flip(bytes, Math.floor(random() * Math.min(400, bytes.length)), Math.floor(random() * 8)),
    );
  },
  "an object removed": (objects, { name, random }) => void objects.delete(pick(below(objects, name), random)),
  "an object added": (objects, { name, random }) =>
    void objects.set(`${name}/${pick(STRAYS, random)}`, Buffer.from("stray")),
  "cut short": (objects, { name, random }) => {
    const object = pick(
      below(objects, name).filter((one) => bytesOf(objects, one).length > 0),
      random,
    );
    const bytes = bytesOf(objects, object);
    objects.set(object, bytes.slice(0, Math.floor(random() * bytes.length)));
  },
  grown: (objects, { name, random }) => {
    const object = pick(below(objects, name), random);
    objects.set(
      object,
      Buffer.concat([bytesOf(objects, object), Buffer.alloc(1 + Math.floor(random() * 40), 10)]),
    );
  },
  "two objects exchanged": (objects, { name, random }) => {
    const names = below(objects, name);
    const one = pick(names, random);
    const two = pick(
      names.filter((other) => !sameBytes(bytesOf(objects, one), bytesOf(objects, other))),
      random,
    );
    const kept = bytesOf(objects, one);
    objects.set(one, bytesOf(objects, two));
    objects.set(two, kept);
  },
  renamed: (objects, { name, random }) => {
    const object = pick(below(objects, name), random);
    const bytes = bytesOf(objects, object);
    objects.delete(object);
    const own = object.slice(name.length + 1);
    const to = pick(
      [own.toUpperCase(), `${own}.age`, `${own} `, `x/${own}`, own.replace(/\.age$/, "x")],
      random,
    );
    objects.set(`${name}/${to === own ? `${own}1` : to}`, bytes);
  },
  "an object of another snapshot's copy": (objects, { name, other, random }) => {
    const same = below(objects, name).filter((one) => {
      const theirs = objects.get(one.replace(name, other));
      return theirs !== undefined && !sameBytes(bytesOf(objects, one), theirs);
    });
    const object = pick(same, random);
    objects.set(object, bytesOf(objects, object.replace(name, other)));
  },
  "the manifest and the index of another snapshot": (objects, { name, other }) => {
    for (const object of below(objects, other))
      if (/\/(manifest\.json|blocks\.jsonl|SHA256SUMS)(\.age)?$/.test(object))
        objects.set(object.replace(other, name), bytesOf(objects, object));
  },
  "the whole of another snapshot's copy": (objects, { name, other }) => {
    for (const object of below(objects, name)) objects.delete(object);
    for (const object of below(objects, other))
      objects.set(object.replace(other, name), bytesOf(objects, object));
  },
  "the copy.json of another snapshot": (objects, { name, other }) =>
    void objects.set(`${name}/copy.json`, bytesOf(objects, `${other}/copy.json`)),
  "the copy.json of another place or time": (objects, { name, elsewhere, random }) =>
    void objects.set(`${name}/copy.json`, bytesOf(pick(elsewhere, random), `${name}/copy.json`)),
  "one object of another place": (objects, { name, elsewhere, random }) => {
    const theirs = pick(elsewhere, random);
    const same = below(theirs, name).filter((one) => !sameBytes(bytesOf(objects, one), bytesOf(theirs, one)));
    const object = pick(same, random);
    objects.set(object, bytesOf(theirs, object));
  },
  "signed anew by another project": signedBy(FOREIGN),
  "signed anew by another project that claims to be this one": (objects, spoils) => {
    const { key } = copyIn(objects, spoils.name);
    signedBy({ ...FOREIGN, verifier: key })(objects, spoils);
  },
  "copy.json without an object": edited(({ objects }, { random }) => {
    const at = Math.floor(random() * objects.length);
    return { objects: objects.filter((_, index) => index !== at) };
  }),
  "copy.json with an object twice": edited(({ objects }, { random }) => ({
    objects: [...objects, pick(objects, random)],
  })),
  "copy.json with an object in another spelling": edited(({ objects }, { random }) => {
    const one = pick(objects, random);
    return { objects: [...objects, { ...one, name: one.name.toUpperCase() }] };
  }),
  "copy.json with a name that leads out": edited((copy, spoils) =>
    changedObject(copy, spoils, () => ({
      name: pick(
        ["../x", "a/../../b", "/etc/passwd", "a\\b", "a\u0000b", "a\nb", "", ".", "x".repeat(901)],
        spoils.random,
      ),
    })),
  ),
  "copy.json with another size": edited((copy, spoils) =>
    changedObject(copy, spoils, ({ bytes }) => ({
      bytes: pick([bytes + 1, 2 * bytes + 7, 2 ** 53, -1, 1.5, "9"], spoils.random),
    })),
  ),
  "copy.json with another checksum": edited((copy, spoils) =>
    changedObject(copy, spoils, () => ({ sha256: "0".repeat(64) })),
  ),
  "copy.json of another day": edited(() => ({ created: "2027-01-01T00:00:00Z" })),
  "copy.json of another snapshot by name": edited((_, { other }) => ({ snapshot: other })),
  "copy.json of a later version": edited(() => ({ format: 2 })),
  "copy.json with prose for a value": edited((_, { random }) => ({
    [pick(["objects", "key", "signature", "manifest", "created", "format"], random)]: pick<unknown>(
      [null, 7, "x", [[]], {}],
      random,
    ),
  })),
  "copy.json that is no JSON": (objects, { name, random }) =>
    void objects.set(
      `${name}/copy.json`,
      Buffer.from(
        pick(["", "{", "[]", "null", `${"[".repeat(100_000)}`, "\ufeff{}", "\xff\xfe"], random),
        "latin1",
      ),
    ),
};

const sameBytes = (one: Uint8Array, two: Uint8Array): boolean => Buffer.compare(one, two) === 0;

const CHUNK = 65_552;

/** What is done besides to what is encrypted. */
export const AGE_ATTACKS: Readonly<Record<string, Attack>> = {
  "an age file cut at a chunk": (objects, spoils) => {
    const [object, bytes, begin] = ageFile(objects, spoils);
    const chunks = Math.max(0, Math.ceil((bytes.length - begin) / CHUNK) - 1);
    objects.set(object, bytes.slice(0, begin + Math.floor(spoils.random() * (chunks + 1)) * CHUNK));
  },
  "the header of another age file": (objects, spoils) => {
    const [object, bytes, begin] = ageFile(objects, spoils);
    const others = below(objects, spoils.name).filter((one) => one.endsWith(".age") && one !== object);
    const theirs = bytesOf(objects, pick(others, spoils.random));
    objects.set(object, Buffer.concat([theirs.subarray(0, headerEnd(theirs)), bytes.subarray(begin)]));
  },
  "a bit of an age header": (objects, spoils) => {
    const [object, bytes, begin] = ageFile(objects, spoils);
    objects.set(object, flip(bytes, Math.floor(spoils.random() * begin), Math.floor(spoils.random() * 8)));
  },
};

/** By whoever has read the copy, such as one of its recipients. @param recipients to whom it is encrypted now */
export const encryptedAnew =
  (identity: string, recipients: readonly string[]): Attack =>
  async (objects, spoils) => {
    const [object, bytes] = ageFile(objects, spoils);
    const read = async (from: number, to: number): Promise<Uint8Array> => bytes.subarray(from, to);
    const opened = await openEncrypted({ size: bytes.length, read }, [identity]);
    const plain = await opened.read(0, opened.size);
    const seed = crypto.getRandomValues(new Uint8Array(32));
    const seal = await sealFor(recipients, seed);
    const pieces = seal.encrypt(
      (async function* () {
        yield plain;
      })(),
    );
    objects.set(object, Buffer.concat(await Array.fromAsync(pieces, (one) => one.slice())));
  };

const headerEnd = (bytes: Uint8Array): number => {
  const text = Buffer.from(bytes);
  return text.indexOf("\n", text.indexOf("\n--- ") + 1) + 1 + 16;
};

function ageFile(objects: Objects, { name, random }: Spoils): [string, Uint8Array, number] {
  const object = pick(
    below(objects, name).filter((one) => one.endsWith(".age")),
    random,
  );
  const bytes = bytesOf(objects, object);
  return [object, bytes, headerEnd(bytes)];
}
