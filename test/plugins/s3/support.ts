/** The look-alike of S3 behind a plugin, and objects to write into it. */
import { afterAll } from "bun:test";
import s3 from "../../../plugins/s3/index.ts";
import { createFaults, type Faults } from "../../../src/conformance/faults.ts";
import { createTestContext, type TestContext } from "../../../src/conformance/testing.ts";
import { type NewObject, PluginError, type Store } from "../../../src/contract/contextcore.ts";
import { createS3, type S3Face } from "../../lab/s3/index.ts";
import type { S3Options } from "../../lab/s3/state.ts";

/** A signal that never comes. */
export const NEVER = new AbortController().signal;

export interface Served {
  readonly lab: S3Face;
  readonly faults: Faults;
  readonly url: string;
  readonly store: Store;
  /** What the plugin has logged. */
  readonly logged: readonly string[];
}

/** A bucket of the lab, and a store that leads to it. */
export function serve(options: S3Options = {}, more: Readonly<Record<string, unknown>> = {}): Served {
  const lab = createS3(options);
  const faults = createFaults();
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    fetch: faults.around(lab.handle),
  });
  afterAll(() => server.stop(true));
  const url = `http://127.0.0.1:${server.port}`;
  const { store, logged } = open({ url, ...more });
  return { lab, faults, url, store, logged };
}

const DEFAULTS = { bucket: "shop", accessKeyId: "access", secretAccessKey: "s3cret" };

/** A store with these options. */
export function open(options: Readonly<Record<string, unknown>>): {
  readonly store: Store;
  readonly logged: TestContext<unknown>["logged"];
} {
  const context = createTestContext(s3, { options: { ...DEFAULTS, ...options } });
  const store = s3.store?.(context);
  if (store === undefined) throw new Error("the plugin has no store");
  return { store, logged: context.logged };
}

export const sha256Of = (bytes: Uint8Array | string): string => Bun.SHA256.hash(bytes, "hex");

/** Different bytes at every place. */
export const sample = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => Math.imul(at, 2_654_435_761) >>> 24);

/** An object to write. */
export function objectOf(
  name: string,
  content: Uint8Array | string,
  more: Partial<NewObject> = {},
): NewObject {
  const bytes = typeof content === "string" ? Buffer.from(content) : content;
  async function* pieces(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1_000_003) yield bytes.subarray(at, at + 1_000_003);
  }
  return { name, size: bytes.length, sha256: sha256Of(bytes), bytes: pieces(), ...more };
}

/** Everything of an object, or a part of it. */
export async function readAll(store: Store, name: string, from?: number, to?: number): Promise<Buffer> {
  const range = from === undefined || to === undefined ? undefined : { from, to };
  return Buffer.concat(await Array.fromAsync(store.read(name, range, NEVER)));
}

/** How the work failed, which must be classified. */
export async function failureOf(work: Promise<unknown>): Promise<PluginError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof PluginError) return error;
    throw error;
  }
  throw new Error("it did not fail");
}

/** What a failure says to a person. */
export async function linesOf(
  work: Promise<unknown>,
): Promise<Pick<PluginError, "kind" | "message" | "hint">> {
  const { kind, message, hint } = await failureOf(work);
  return { kind, message, hint };
}
