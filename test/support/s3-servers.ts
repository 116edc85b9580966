/** Real S3 servers for a test file, gone when the test run ends. */
import { atEnd } from "./at-end.ts";
import { temporaryDirectory } from "./directory.ts";
import { runMoto, runRadosgw, type S3Process, type S3Server } from "./s3-processes.ts";

async function untilEnd(starting: Promise<S3Process>): Promise<S3Server> {
  const server = await starting;
  atEnd(server.stop);
  return server;
}

/** Ceph's gateway: see {@link runRadosgw}. */
export const startRadosgw = (): Promise<S3Server> => untilEnd(runRadosgw(temporaryDirectory()));

/** moto: see {@link runMoto}. */
export const startMoto = (): Promise<S3Server> => untilEnd(runMoto(temporaryDirectory()));
