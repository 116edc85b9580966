import { expect, test } from "bun:test";
import { compressedName, rotatedName } from "../../../src/retention/logs/name.ts";

test.each([
  ["app.log.1", {}],
  ["app.log.12.gz", { coding: "gzip" }],
  ["app.log-20260124", {}],
  ["app-2026-01-24.log", {}],
  ["app.2026-01-24.log.zst", { coding: "zstd" }],
  ["app.log.2026-01-24T14-30-00", {}],
  ["app.error.log.3", { level: "error" }],
  ["app-debug-20260124.log", { level: "debug" }],
  ["warn.log.1.xz", { level: "warning", coding: "other" }],
  ["app.log.20260124-143000.error.zst", { level: "error", coding: "zstd" }],
  ["app.log.20260124-143000.info-2.zst", { level: "info", coding: "zstd" }],
  ["syslog.1", {}],
  ["messages-20260124", {}],
  ["catalina.2026-01-24.out", {}],
  ["nginx.err.1", { level: "error" }],
  ["app-log-2026-01-24.json", {}],
  // A word of a program's name says nothing of what it writes.
  ["trace-collector.log.1", {}],
  ["debug-proxy-20260124.log", {}],
  ["error-reporting.log.2.gz", { coding: "gzip" }],
])("%s is a rotated log", (name, said) => expect(rotatedName(name)).toEqual(said as never));

test.each([
  "app.log",
  "app.log.gz",
  "error.log",
  "orders-2026-01-24.csv",
  "catalog-2026-01-24.db",
  "changelog.1",
  "log-2026-01-24.sql.gz",
  "logs-2026-01-24.tar.gz",
  "blog.1",
  "app.1",
  "libfoo.so.1",
  "log.db.1",
  "app.log.20261399",
  "orders-out-2026-01-24.json",
  "messages-2026-01-24.json",
  "00000000000000000000.log",
  "mysql-bin.000001",
  ".contextcore-0123456789abcdef01234567.partial",
])("%s is none", (name) => expect(rotatedName(name)).toBeUndefined());

test("what is compressed has its time where it had a number, and its level", () => {
  const changedMs = Date.UTC(2026, 0, 24, 14, 30, 1);
  expect([
    compressedName("app.log.1", { changedMs, level: "error" }),
    compressedName("app.log.1", { changedMs }),
    compressedName("app-2026-01-23.log", { changedMs, level: "info", again: 2 }),
    compressedName("app.error.log.7", { changedMs, level: "info" }),
  ]).toEqual([
    "app.log.20260124-143001.error.zst",
    "app.log.20260124-143001.zst",
    "app-2026-01-23.log.info-2.zst",
    "app.error.log.20260124-143001.zst",
  ]);
});

test("a compressed file is known again by its name", () => {
  const changedMs = Date.UTC(2026, 0, 24, 14, 30, 1);
  for (const name of ["app.log.1", "app-2026-01-23.log", "syslog.3", "catalina.2026-01-24.out"])
    for (const level of ["debug", "info", "warning", "error"] as const)
      for (const again of [1, 2])
        expect(rotatedName(compressedName(name, { changedMs, level, again }))).toEqual({
          coding: "zstd",
          level,
        });
});
