/** An option of a built-in plugin that leads somewhere says so: else it could be changed behind its user's back. */
import { expect, test } from "bun:test";
import { about, unwrap } from "../../src/config/introspect.ts";
import { entriesOf } from "../../src/config/resolve-options.ts";
import { checkDeclaration } from "../../src/host/plugin/declaration.ts";
import { BUILT_INS } from "../../src/registry.ts";

/** Text that is sent where the plugin sends everything, says how long to wait or to keep, names tables, columns and patterns, or whose keys sign. */
const HARMLESS = [
  "tenant",
  "tenants",
  "class",
  "username",
  "timeout",
  "keepLocal",
  "window",
  "settle",
  "ledger",
  "exclude",
  "region",
  "profile",
];

test("every option with text in it leads somewhere, is a secret, or is known to be harmless", async () => {
  const unknown: string[] = [];
  for (const { name, load } of BUILT_INS) {
    const plugin = checkDeclaration(await load(), "built-in");
    const kind = plugin.backend === undefined ? "sinks" : "backends";
    for (const [key, schema] of Object.entries(entriesOf(plugin, kind))) {
      const { reaches, secret } = about(schema);
      const isText = !["number", "boolean", "picklist"].includes(unwrap(schema).type);
      if (isText && reaches === undefined && !secret && !HARMLESS.includes(key))
        unknown.push(`${name}.${key}`);
    }
  }
  expect(unknown).toEqual([]);
});

test("those that lead somewhere are these", async () => {
  const found: string[] = [];
  for (const { name, load } of BUILT_INS) {
    const plugin = checkDeclaration(await load(), "built-in");
    const kind = plugin.backend === undefined ? "sinks" : "backends";
    for (const [key, schema] of Object.entries(entriesOf(plugin, kind))) {
      const { reaches } = about(schema);
      if (reaches !== undefined) found.push(`${name}.${key}: ${reaches}`);
    }
  }
  const servers = ["tempo", "mimir", "loki", "grafana"];
  const common = servers.flatMap((name) => [
    `${name}.url: address`,
    `${name}.ca: path`,
    `${name}.data: path`,
  ]);
  const tempo = [
    "otlpUrl: address",
    "querierUrl: address",
    "storage: path",
    "s3Endpoint: address",
    "s3Region: address",
  ];
  const sinks = ["file.path: path", "webhook.url: address", "webhook.ca: path"];
  const sqlite = ["sqlite.path: path", "sqlite.data: path"];
  const stores = [
    "directory.path: path",
    ...["s3.url: address", "s3.bucket: address", "s3.prefix: address", "s3.keysFile: path", "s3.ca: path"],
  ];
  const activity = ["activity.path: path", "activity.data: path"];
  const files = ["files.path: path", "files.data: path"];
  const redis = ["redis.address: address", "redis.ca: path", "redis.file: path", "redis.data: path"];
  expect(found.sort()).toEqual(
    [
      ...common,
      ...tempo.map((one) => `tempo.${one}`),
      ...sinks,
      ...stores,
      ...sqlite,
      ...redis,
      ...files,
      ...activity,
    ].sort(),
  );
});
