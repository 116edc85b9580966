/** What is wrong where a server fails, lies, or is gone. */
import { v } from "../../src/contract/contextcore.ts";
import { PluginError } from "../../src/contract/errors.ts";

import { type Broken, step } from "./broken.ts";

export const BROKEN_ANSWERS: readonly Broken[] = [
  [
    "answers-401",
    "a refusal called temporary",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch((cause) => {
          throw new PluginError("temporary", "no", { cause });
        }),
    }),
    "temporary (no), and not refused",
  ],
  [
    "answers-500",
    "an error of its own",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => {
          throw new TypeError("oh");
        }),
    }),
    "an unclassified TypeError: oh",
  ],
  [
    "answers-500",
    "a failure called a success",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => ({ signals: ["logs"], importance: "low" })),
    }),
    "inventory called 500 a success",
  ],
  [
    "answers-404",
    "a quiet gap",
    step((read, cursor) => read(cursor).catch(() => ({}))),
    "called 404 a success",
  ],
  [
    "answers-429",
    "Retry-After lost",
    step((read, cursor) =>
      read(cursor).catch((cause) => {
        throw new PluginError("temporary", "later", { cause });
      }),
    ),
    "Retry-After was lost",
  ],
  [
    "answers-web-page",
    "a web page taken for temporary",
    step((read, cursor) =>
      read(cursor).catch((cause) => {
        throw new PluginError("temporary", "later", { cause });
      }),
    ),
    "and not invalid",
  ],
  [
    "answers-half-a-body",
    "half a body taken for an answer",
    step(async (_, cursor, { http }, signal) => {
      const text = await (await http.send({ path: `/lines?from=${cursor.from}`, signal })).text();
      return {
        records: [
          {
            file: "acme/pages/lines.jsonl",
            text: `${JSON.stringify(text)}\n`,
            lines: 1,
            from: 0n,
            to: 1n,
            counts: { lines: 1 },
          },
        ],
      };
    }),
    "called half a body a success",
  ],
  [
    "server-gone",
    "a message without a name",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => {
          throw new PluginError("temporary", "it failed");
        }),
    }),
    "does not name the plugin",
  ],
  [
    "flaky-server",
    "a page that is skipped when it fails",
    step((read, cursor) =>
      read(cursor).catch(() => ({
        next: Number(cursor.from) < 20 ? [{ from: Number(cursor.from) + 5 }] : [],
      })),
    ),
    "lacks a line",
  ],
  [
    "cancelled-within-a-second",
    "a call that ignores the signal",
    step((read, cursor, { http }) =>
      http.send({ path: `/lines?from=${cursor.from}` }).then(() => read(cursor)),
    ),
    "did not end after it was cancelled",
  ],
  [
    "hanging-server",
    "a success without an answer",
    (backend) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => ({ signals: ["logs"], importance: "low" })),
    }),
    "says nothing",
  ],
  [
    "dishonest-server",
    "trust",
    step(async (_, cursor, { http }, signal) => {
      const page: unknown = await (await http.send({ path: `/lines?from=${cursor.from}`, signal })).json();
      const { lines } = page as { lines: string[] };
      return {
        records: [
          {
            file: "acme/pages/lines.jsonl",
            text: lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
            lines: lines.length,
            from: 0n,
            to: 1n,
            counts: { lines: lines.length },
          },
        ],
      };
    }),
    "unclassified TypeError",
  ],
  [
    "repeating-server",
    "no look at what came",
    step(async (_, cursor, { http }, signal) => {
      const page = await http.json(v.object({ lines: v.array(v.string()), more: v.boolean() }), {
        path: "/lines",
        query: { from: Number(cursor.from) },
        signal,
      });
      return {
        records: [
          {
            file: "acme/pages/lines.jsonl",
            text: page.lines.map((line) => `${JSON.stringify(line)}\n`).join(""),
            lines: page.lines.length,
            from: 0n,
            to: 1n,
            counts: {},
          },
        ],
        next: page.more ? [{ from: Number(cursor.from) + 5 }] : [],
      };
    }),
    "has no end",
  ],
  [
    "no-secret-told",
    "a message with the options in it",
    (backend, { options }) => ({
      inventory: (signal: AbortSignal) =>
        backend.inventory(signal).catch(() => {
          throw new Error(`failed with ${JSON.stringify(options)}`);
        }),
    }),
    "a secret was told",
  ],
  [
    "no-secret-told",
    "a log line with the token",
    (backend, { options, log }) => ({
      inventory: (signal: AbortSignal) => {
        log.debug(`token ${options.token}`);
        return backend.inventory(signal);
      },
    }),
    "a secret was told",
  ],
];
