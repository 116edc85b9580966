/** What a service in production does not start with, wherever it stands; and that it starts with everything else. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { agreed } from "../support/project.ts";
import { QUIET_PROJECT, startService } from "../support/service.ts";

setDefaultTimeout(60_000);

const STRONG = "vT8-qLm2xW_9hRz4";
const PRODUCTION = { ENVIRONMENT: "production" };

interface Case {
  readonly more?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  /** Files beside the configuration, each with its text and its mode. */
  readonly files?: Readonly<Record<string, readonly [string, number]>>;
  readonly says: string;
}

function project({ more = "", files = {} }: Pick<Case, "more" | "files">): string {
  const cwd = temporaryDirectory({ "contextcore.yaml": `${QUIET_PROJECT}${more}` });
  chmodSync(join(cwd, "contextcore.yaml"), 0o640);
  for (const [name, [text, mode]] of Object.entries(files)) {
    writeFileSync(join(cwd, name), text);
    chmodSync(join(cwd, name), mode);
  }
  return agreed(cwd);
}

const backend = (settings: string): string =>
  `  sea: { plugin: loki, url: http://127.0.0.1:1, ${settings} }\n`;
const hook = (settings: string): string => `notify:\n  - { url: "http://127.0.0.1:1/x", ${settings} }\n`;

const CASES: Readonly<Record<string, Case>> = {
  "a short password": { more: backend("password: a8-Zk"), says: "backends.sea.password is a weak" },
  "an example's password": { more: backend("password: changeme-please"), says: "backends.sea.password" },
  "a password of few characters": { more: backend("password: xyxyxyxyxyxy"), says: "backends.sea.password" },
  "a well-known password": { more: backend("password: minioadmin"), says: "backends.sea.password" },
  "a header": {
    more: backend("headers: { Authorization: Bearer secret }"),
    says: "backends.sea.headers.Authorization",
  },
  "a header for basic authentication": {
    more: backend(`headers: { Authorization: "Basic ${btoa("ada:admin")}" }`),
    says: "backends.sea.headers.Authorization",
  },
  "credentials in an address": {
    more: "stores:\n  nas: { plugin: s3, url: 'http://ada:hunter2@127.0.0.1:1', bucket: b }\n",
    says: "stores.nas.url is a weak",
  },
  "a token in an address": { more: "ping: 'http://127.0.0.1:1/x?token=abc'\n", says: "ping is a weak" },
  "a header of messages": {
    more: hook("headers: { X-Auth-Token: letmein }"),
    says: "notify.0.headers.X-Auth-Token is a weak",
  },
  "credentials in the address of messages": {
    more: "notify:\n  - { url: 'http://u:p@127.0.0.1:1/x' }\n",
    says: "notify.0.url is a weak",
  },
  "a word of a command": {
    more: "destroy:\n  command: [sh, -c, 'PGPASSWORD=admin ./down']\n",
    says: "destroy.command.2 is a weak",
  },
  "a secret of a file": {
    more: backend("password: file:pw"),
    files: { pw: ["admin\n", 0o600] },
    says: "backends.sea.password (",
  },
  "a file of a secret that others read": {
    more: backend("password: file:pw"),
    files: { pw: [`${STRONG}\n`, 0o644] },
    says: "chmod o= ",
  },
  "a file of an address that others read": {
    more: "sinks:\n  webhook: { url: file:hook }\n",
    files: { hook: ["http://127.0.0.1:1/long-and-secret\n", 0o604] },
    says: "hook: chmod o= ",
  },
  "a variable": { env: { CONTEXTCORE_LOKI_PASSWORD: "password1" }, says: "backends.loki.password is a weak" },
  "a variable that a header refers to": {
    more: backend(`headers: { X-Vault: "\${VAULT_TOKEN}" }`),
    env: { VAULT_TOKEN: "root" },
    says: "VAULT_TOKEN is a weak",
  },
  "a setting by a flag": {
    more: backend("tenant: a"),
    args: ["--set", "backends.sea.token=test"],
    says: "backends.sea.token is a weak",
  },
  "a service that only relays": {
    more: backend("password: a8-Zk"),
    args: ["--only", "relay"],
    says: "backends.sea.password is a weak",
  },
  "a proxy that is anybody": {
    more: "service:\n  trusted_proxy: [0.0.0.0/0]\n",
    says: "service.trusted_proxy believes every address (0.0.0.0/0)",
  },
  "a key that others read": {
    more: "service:\n  tls: { cert: cert.pem, key: key.pem }\n",
    files: { "cert.pem": ["x", 0o644], "key.pem": ["x", 0o644] },
    says: "key.pem: chmod o= ",
  },
  "a key beside its certificate": {
    more: "service:\n  tls: { cert: both.pem, key: key.pem }\n",
    files: { "both.pem": ["-----BEGIN PRIVATE KEY-----", 0o644], "key.pem": ["x", 0o600] },
    says: "both.pem: chmod o= ",
  },
};

test.each(Object.entries(CASES))("%s", async (_, { says, env, args = [], ...more }) => {
  const cwd = project(more);
  const refused = await run(["serve", "--listen", "127.0.0.1:0", ...args], {
    cwd,
    env: { ...PRODUCTION, ...env },
  });
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining(says)]);
  expect(refused.stderr.match(/others may|is a weak|believes every/g)).toHaveLength(1);
  expect(refused.stderr).not.toContain(STRONG);
});

test("a directory in which others may put another configuration", async () => {
  const cwd = project({});
  chmodSync(cwd, 0o777);
  const refused = await run(["serve", "--listen", "127.0.0.1:0"], { cwd, env: PRODUCTION });
  expect([refused.exitCode, refused.stderr]).toEqual([4, expect.stringContaining("chmod o-w")]);
  chmodSync(cwd, 0o1777);
  expect(await (await startService(cwd, { env: PRODUCTION })).stop()).toBe(0);
});

test("with strong secrets, and with whatever is none, it starts", async () => {
  const more = [
    backend(`username: ada, password: "${STRONG}", tenant: a, headers: { X-Scope-OrgID: "1", X-Key: b }`),
    `  shop: { plugin: grafana, url: http://127.0.0.1:1, token: file:token, enabled: false }\n`,
    `  cash: { plugin: redis, url: "redis://ada:${STRONG}@127.0.0.1:1" }\n`,
    `sinks:\n  webhook: { url: "http://127.0.0.1:1/a", secret: "whsec_\${HOOK_SECRET}" }\n`,
    `stores:\n  nas: { plugin: s3, url: "http://127.0.0.1:1", bucket: b, accessKeyId: AKIAIOSFODNN7ZZZZZZZ, secretAccessKey: ${STRONG} }\n`,
    `  usb: { plugin: directory, path: usb }\n`,
    `permissions: { api: ["*", prune], admin: ["*"] }\n`,
    `schedules:\n  - { name: nightly, cron: "0 3 * * *", task: export, params: { time: 24h } }\n`,
    hook(
      `headers: { Authorization: "Bearer ${STRONG}", Tags: a }, template: { text: "{{title}}", token: "{{task}}" }`,
    ),
    `ping: "http://127.0.0.1:1/5f1c9a3e"\n`,
  ].join("");
  const cwd = project({ more, files: { token: [`${STRONG}\n`, 0o640] } });
  mkdirSync(join(cwd, "usb"));
  const env = { ...PRODUCTION, HOOK_SECRET: STRONG, GRAFANA_PASSWORD: "", CONTEXTCORE_LOKI_PASSWORD: STRONG };
  expect(await (await startService(cwd, { env })).stop()).toBe(0);
});
