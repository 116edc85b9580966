/** What the look-alike of S3 holds, and how it can be made to misbehave. */

export interface S3Object {
  readonly bytes: Uint8Array;
  readonly etag: string;
  readonly modified: Date;
  /** Kept with it: `content-type`, `x-amz-meta-…`, tags. */
  readonly headers: Readonly<Record<string, string>>;
  storageClass: string;
  /** It was retrieved from an archive for a while. */
  isRetrieved?: boolean;
}

export interface S3Upload {
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly parts: Map<number, Uint8Array>;
}

/** A call as it arrived. */
export interface S3Heard {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: Headers;
}

export interface S3Options {
  /** Default `shop`. */
  readonly bucket?: string;
  /** Where the bucket is. Default `us-east-1`. */
  readonly region?: string;
  /** The server's clock. */
  readonly now?: () => Date;
  /** Keys of one page of a listing. */
  readonly pageSize?: number;
}

/** Defects that a test turns on. */
export interface S3Defects {
  /** Whatever is written is taken, whoever was first. */
  ignoresConditions: boolean;
  /** Where an upload in parts ends, conditions are ignored. */
  ignoresConditionsAtEnd: boolean;
  /** So many conditional writes are answered with 409. */
  conflicts: number;
  /** Checksum headers are not known. */
  refusesChecksums: boolean;
  /** Parts are never joined, which is said with 200. */
  failsAtEnd: boolean;
  /** What is asked for is given from the beginning. */
  ignoresRanges: boolean;
  /** Calls with these codes are answered with them: `PUT` → `AccessDenied`. */
  readonly codes: Map<string, readonly [status: number, code: string]>;
}

export interface S3State extends Required<S3Options> {
  readonly objects: Map<string, S3Object>;
  readonly uploads: Map<string, S3Upload>;
  readonly heard: S3Heard[];
  /** The rules as they were written; empty: none. */
  readonly rules: { text: string };
  readonly defects: S3Defects;
}

export const createState = (options: S3Options): S3State => ({
  bucket: "shop",
  region: "us-east-1",
  now: () => new Date(),
  pageSize: 1_000,
  ...options,
  objects: new Map(),
  uploads: new Map(),
  heard: [],
  rules: { text: "" },
  defects: {
    ignoresConditions: false,
    ignoresConditionsAtEnd: false,
    conflicts: 0,
    refusesChecksums: false,
    failsAtEnd: false,
    ignoresRanges: false,
    codes: new Map(),
  },
});
