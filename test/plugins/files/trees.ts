/** Directories for tests. */
import {
  chmodSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { temporaryDirectory } from "../../support/directory.ts";

const join = (directory: string, name: string | Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name)]);

/** A name that is no UTF-8, has a backslash, and has what a pattern would mean. */
export const ODD_NAME = Buffer.concat([Buffer.from("odd \\x41 *é\n"), Buffer.from([0xff, 0xfe])]);

/** Everything that a file system can hold and a careless copy loses. @returns its path */
export function makeTree(path = temporaryDirectory()): string {
  mkdirSync(`${path}/etc/deep/er`, { recursive: true });
  writeFileSync(`${path}/etc/app.conf`, "key = value\n");
  chmodSync(`${path}/etc/app.conf`, 0o640);
  writeFileSync(`${path}/etc/deep/er/private`, "secret", { mode: 0o400 });
  writeFileSync(`${path}/etc/run`, "#!/bin/sh\n", { mode: 0o755 });
  writeFileSync(`${path}/empty`, "");
  writeFileSync(join(path, ODD_NAME), "odd");
  writeFileSync(`${path}/${"n".repeat(200)}`, "a long name");
  writeFileSync(`${path}/large`, Buffer.alloc(3_000_001, "0123456789abcdef"));
  linkSync(`${path}/large`, `${path}/large too`);
  writeFileSync(`${path}/holes`, "end", { flag: "w" });
  truncateSync(`${path}/holes`, 5_000_000);
  symlinkSync("etc/app.conf", `${path}/link`);
  symlinkSync("/nowhere/at all", `${path}/dangling`);
  utimesSync(`${path}/etc/run`, 1_000_000_000.123, 1_000_000_000.123);
  utimesSync(`${path}/empty`, -86_400, -86_400);
  lutimesSync(`${path}/link`, 5, 5);
  mkdirSync(`${path}/locked`, { mode: 0o700 });
  utimesSync(`${path}/etc/deep`, 7, 7);
  chmodSync(`${path}/etc/deep`, 0o1777);
  return path;
}

/** Everything that is to be the same after a restore, path by path. */
export function contentsOf(path: string): Record<string, string> {
  const found: Record<string, string> = {};
  const visit = (one: Buffer, name: string): void => {
    const stat = lstatSync(one, { bigint: true });
    const owned = `${stat.mode.toString(8)} ${stat.uid} ${stat.gid} ${stat.mtimeNs}`;
    if (stat.isSymbolicLink())
      found[name] = `${owned} -> ${readlinkSync(one, { encoding: "buffer" }).toString("latin1")}`;
    else if (!stat.isDirectory()) found[name] = `${owned} ${Bun.hash(readFileSync(one))} ${stat.nlink}`;
    else {
      found[name] = owned;
      for (const each of readdirSync(one, { encoding: "buffer" }))
        visit(Buffer.concat([one, Buffer.from("/"), each]), `${name}/${each.toString("latin1")}`);
    }
  };
  visit(Buffer.from(path), ".");
  return found;
}
