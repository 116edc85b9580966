/** The files of a snapshot on their way into a place, and how each becomes an object there. */
import { SnapshotError } from "../../snapshot/format/errors.ts";
import { MANIFEST_BYTES_MAX } from "../../snapshot/format/limits.ts";
import { type Manifest, parseManifest } from "../../snapshot/format/manifest.ts";
import { MANIFEST_FILE } from "../../snapshot/read/manifest-file.ts";
import type { Storage } from "../../storage/storage.ts";
import type { CopyObject } from "../format/copy-file.ts";

/** Something with a name, a length and a checksum that can be read from its beginning, as often as needed. */
export interface Outgoing extends CopyObject {
  /** @throws SnapshotError at its end, when it is not what the checksum says */
  pieces(): AsyncIterable<Uint8Array>;
  /** Whether these very bytes are held against the checksum; otherwise what they are made from is. */
  readonly isChecked: boolean;
}

/**
 * The stored form of a file: itself ({@link asItIs}), or the same encrypted, with another name, length and checksum. A place with
 * recipients has its own. The same file has the same stored form each time, also in another process: by that is known what an
 * interrupted copy has sent.
 */
export type StoredForm = (file: Outgoing) => Promise<Outgoing>;

/** The file itself. */
export const asItIs: StoredForm = async (file) => file;

/** What there is to copy of a snapshot. */
interface Luggage {
  readonly manifest: Manifest;
  /** Comes first: whoever writes it has taken the name in that place. */
  readonly claim: Outgoing;
  readonly others: readonly Outgoing[];
}

/**
 * Every file of the snapshot, as its manifest lists them: what else lies in its directory is not part of it.
 * @throws SnapshotError when its manifest is not credible; what reading throws
 */
export async function packed(snapshot: Storage): Promise<Luggage> {
  const bytes = await snapshot.read(MANIFEST_FILE, MANIFEST_BYTES_MAX);
  const manifest = parseManifest(Buffer.from(bytes).toString(), snapshot.shown(MANIFEST_FILE));
  const files = [
    { path: manifest.index.path, bytes: manifest.index.bytes, sha256: manifest.index.sha256 },
    ...manifest.plugins.flatMap((plugin) => plugin.files),
  ];
  return {
    manifest,
    claim: fromMemory(MANIFEST_FILE, bytes),
    others: files.map(({ path, ...claims }) => fileOf(snapshot, { name: path, ...pick(claims) })),
  };
}

const pick = ({ bytes, sha256 }: Pick<CopyObject, "bytes" | "sha256">) => ({ bytes, sha256 });

/** A small file that is in memory. */
export const fromMemory = (name: string, content: Uint8Array): Outgoing => ({
  name,
  bytes: content.length,
  sha256: new Bun.CryptoHasher("sha256").update(content).digest("hex"),
  isChecked: true,
  async *pieces() {
    yield content;
  },
});

const PIECE_BYTES = 1 << 20;

/** The file, each piece of which is a buffer of its own, since a client may keep some until they are sent; or in the one it lends. */
function fileOf(snapshot: Storage, object: CopyObject): Outgoing {
  const { name, bytes, sha256 } = object;
  return {
    ...object,
    isChecked: true,
    async *pieces(): AsyncGenerator<Uint8Array, void, Uint8Array | undefined> {
      const file = await snapshot.open(name);
      try {
        const hasher = new Bun.CryptoHasher("sha256");
        let lent: Uint8Array | undefined;
        for (let at = 0; at < bytes; ) {
          const piece = lent?.subarray(0, bytes - at) ?? ownPiece(bytes - at);
          if ((await file.read(piece, at)) < piece.length) throw damaged(snapshot, name);
          hasher.update(piece);
          at += piece.length;
          if (at === bytes) requireSame(hasher, sha256, () => damaged(snapshot, name));
          lent = yield piece;
        }
      } finally {
        await file.close();
      }
    },
  };
}

const ownPiece = (bytes: number): Uint8Array => Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, bytes));

/** Before the last piece is handed on: then nobody has the whole of a file that is damaged. */
function requireSame(hasher: Bun.CryptoHasher, sha256: string, error: () => Error): void {
  if (hasher.digest("hex") !== sha256) throw error();
}

const damaged = (snapshot: Storage, name: string): SnapshotError =>
  new SnapshotError(`${snapshot.shown(name)}: checksum mismatch: it is not copied`, {
    hint: `contextcore verify ${snapshot.root} says what is damaged, and how to export it again.`,
  });
