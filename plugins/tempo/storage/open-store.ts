import type { BlockStore } from "./block-store.ts";
import { createDirectoryStore } from "./directory.ts";
import { createS3Store, type S3Options } from "./s3.ts";

export type StoreOptions = Omit<S3Options, "url"> & { readonly storage: string };

/** A directory, or a bucket when it is an `s3://` URL. */
export function openStore({ storage, ...options }: StoreOptions): BlockStore {
  if (storage.startsWith("s3://")) return createS3Store({ ...options, url: storage });
  return createDirectoryStore(storage, options.tenant);
}
