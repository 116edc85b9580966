/** What the system really says, in words for people: never its codes, and always what to do. */
import { describe, expect, test } from "bun:test";
import {
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileFailure } from "../../src/storage/refusal.ts";
import { temporaryDirectory } from "../support/directory.ts";

const directory = temporaryDirectory({ file: "", "folder/file": "" });
const at = (name: string): string => join(directory, name);
symlinkSync(at("circle"), at("circle"));

const ACTS: Readonly<Record<string, readonly [act: () => unknown, what: string]>> = {
  ENOENT: [() => openSync(at("none/file"), "r"), "there is no such file or directory"],
  EEXIST: [() => openSync(at("file"), "wx"), "it exists already"],
  EISDIR: [() => writeFileSync(at("folder"), "text"), "it is a directory"],
  ENOTDIR: [() => readdirSync(at("file")), "a part of that path is a file"],
  ELOOP: [() => readFileSync(at("circle")), "symbolic links on that path form a loop"],
  ENAMETOOLONG: [() => mkdirSync(at("x".repeat(300))), "the path is too long"],
  ENOSPC: [() => writeFileSync("/dev/full", "text"), "the disk is full"],
  EINVAL: [() => renameSync(at("folder"), at("folder/below")), "EINVAL"],
};

describe.each(Object.entries(ACTS))("%s", (code, [act, what]) => {
  let cause: unknown;
  try {
    act();
  } catch (error) {
    cause = error;
  }
  const failure = fileFailure("write", "PATH", cause, { instead: { place: "choose another place" } });

  test("is told", () => {
    expect(cause).toMatchObject({ code });
    expect(failure.message).toStartWith(`cannot write PATH: ${what}`);
    expect(failure.cause).toBe(cause);
  });

  test("with what to do, where that is known", () => {
    if (code === "EINVAL") return expect(failure.hint).toBeUndefined();
    expect(failure.hint).toMatch(/^[A-Z].*hoose another place\.$/);
    expect(failure.message).not.toContain(code);
  });
});

test("who may not read is told to be given that right, and who may not write another", () => {
  const cause = Object.assign(new Error("EACCES: permission denied"), { code: "EACCES" });
  expect(fileFailure("read", "PATH", cause, { purpose: "read" }).hint).toContain("right to read");
  expect(fileFailure("write", "PATH", cause, { purpose: "write" }).hint).toContain("write permission");
});

test("a name that is taken means another thing where directories are made", () => {
  const cause = Object.assign(new Error("EEXIST"), { code: "EEXIST" });
  expect(fileFailure("write", "PATH", cause, { isMaking: true }).message).toEndWith(
    "a file of that name is in the way",
  );
});
