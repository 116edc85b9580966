/** A corpus of secrets as they turn up in commands, configurations, messages and URLs: none may reach the trail. */
import { expect, test } from "bun:test";
import { redacted } from "../../src/redact/json.ts";
import { redactedText } from "../../src/redact/text.ts";
import { makeFolder } from "../audit/folder.ts";

const SECRET = "Zx9-s3cr3t_Value";
const HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r";
const KEY_NAMES = [
  "password",
  "Password",
  "db_password",
  "dbPassword",
  "DB-PASSWORD",
  "passwd",
  "pwd",
  "passphrase",
  "secret",
  "client_secret",
  "clientSecret",
  "webhookSecret",
  "token",
  "apiToken",
  "access_token",
  "refreshToken",
  "X-Auth-Token",
  "api_key",
  "apiKey",
  "API-KEY",
  "X-API-Key",
  "accessKey",
  "secret_access_key",
  "privateKey",
  "signing-key",
  "encryptionKey",
  "authorization",
  "Proxy-Authorization",
  "auth",
  "credentials",
  "cookie",
  "Set-Cookie",
  "bearer",
  "jwt",
  "dsn",
  "GRAFANA_API_KEY",
  "CONTEXTCORE_LOKI_TOKEN",
  "PGPASSWORD_FILE_TOKEN",
];

test.each(KEY_NAMES)("under the name %s", (name) => {
  for (const value of [SECRET, 12345678, [SECRET], { nested: SECRET }, { deep: [{ a: SECRET }] }]) {
    const text = JSON.stringify(redacted({ outer: { [name]: value } }));
    expect(text).not.toContain(SECRET);
    expect(text).not.toContain("12345678");
    expect(text).toContain(name);
  }
});

const TEXTS = [
  `Authorization: Bearer ${SECRET}`,
  `curl -H "Authorization: Bearer ${SECRET}" http://loki:3100`,
  `authorization: bearer ${SECRET}`,
  `authorization: basic YWRhOlp4OS1zM2NyM3RfVmFsdWU=`,
  `Authorization: Basic YWRhOlp4OS1zM2NyM3RfVmFsdWU=`,
  `Proxy-Authorization: Digest response=${HEX}`,
  `http://ada:${SECRET}@grafana:3000/api`,
  `https://:${SECRET}@redis:6379`,
  `postgres://ada:${SECRET}@db/shop?sslmode=disable`,
  `http://loki:3100/push?token=${SECRET}&x=1`,
  `https://hooks/x?api_key=${SECRET}`,
  `GET /?access_token=${SECRET} answered 401`,
  `password=${SECRET}`,
  `password: ${SECRET}`,
  `Password = "${SECRET}"`,
  `{"password":"${SECRET}","user":"ada"}`,
  `{'client_secret': '${SECRET}'}`,
  `--password ${SECRET}`,
  `--password=${SECRET}`,
  `docker run -e PGPASSWORD=${SECRET} postgres`,
  `export GRAFANA_API_KEY=${SECRET}`,
  `Cookie: session=${SECRET}`,
  `aws_secret_access_key = ${SECRET}`,
  `Server=db;User Id=sa;Password=${SECRET};`,
  `the token ${JWT} has expired`,
  `key glsa_${HEX.slice(0, 32)}_12345678 was refused`,
  `ghp_${HEX.slice(0, 36)}`,
  `xoxb-123456789012-${HEX.slice(0, 24)}`,
  `AKIAIOSFODNN7EXAMPLE`,
  `AIzaSyA-${HEX.slice(0, 32)}`,
  `sk-proj-${HEX.slice(0, 40)}`,
  `whsec_${HEX.slice(0, 32)}`,
  `hvs.${HEX.slice(0, 24)}`,
  `-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n${SECRET}\n-----END OPENSSH PRIVATE KEY-----`,
  `-----BEGIN RSA PRIVATE KEY----- ${SECRET} cut off`,
  `curl -u admin:${SECRET} http://loki:3100`,
  `curl -s --user "admin:${SECRET}" http://loki:3100`,
  `curl -uadmin:${SECRET} http://loki:3100`,
  `mysql -u root -p${SECRET} shop`,
  `docker login -u ada -p ${SECRET} registry`,
  `{"name":"password","value":"${SECRET}"}`,
  `{\\"password\\":\\"${SECRET}\\"}`,
  `{\\"password\\":\\"a\\\\\\"${SECRET}\\"}`,
  `password="a\\"${SECRET}"`,
  `https://${SECRET}@host/`,
  `https://h/c?sv=1&sig=${SECRET}`,
  `https://hooks.slack.com/services/T0/B0/${SECRET}`,
  `PRIVATE+KEY+contextcore+12ab34cd+${HEX}`,
];

const PARTS = [SECRET, HEX.slice(0, 24), JWT, "YWRhOlp4OS1zM2NyM3RfVmFsdWU=", "AKIAIOSFODNN7EXAMPLE"];

test.each(TEXTS)("in the text %j", (text) => {
  for (const details of [
    { error: text },
    { list: ["x", text] },
    { deep: { er: { message: text } } },
    { [text]: 1 },
  ]) {
    const clean = JSON.stringify(redacted(details));
    for (const part of PARTS) expect(clean).not.toContain(part);
    expect(clean).toContain("***");
  }
});

test.each([
  "cannot read /etc/passwd: a directory stands in the way",
  "cannot open /etc/passwd: Permission denied",
  "cat: /run/secrets/db_password: No such file or directory",
  "open '/run/secrets/token': no such file or directory",
  "/etc/contextcore/secret: EACCES",
  "cannot read /var/lib/auth: it is a directory",
  "./config/credentials: not found",
  "cp: cannot stat '/home/ada/.ssh/private_key': Permission denied (publickey)",
  "EACCES: permission denied, open '/etc/passwd'",
  "cannot use /mnt/passwd: read-only file system",
  "/etc/pwd: unreadable.",
])("a path and the system's reason are no secret: %j", (text) => {
  expect(redacted({ error: text })).toEqual({ error: text });
});

test.each([
  `grep: etc/app/password: ${SECRET}`,
  `etc/app/password:${SECRET}`,
  `/etc/app/password: a${SECRET}`,
  `/run/secrets/token: not-${SECRET}`,
  `/run/secrets/token: permission${SECRET}`,
  `/run/secrets/db_password: ${SECRET.toUpperCase()}`,
  `/run/secrets/db_password: EACCES${SECRET}`,
  `vault kv get secret/db/password: ${SECRET} is the value`,
  `https://h/login/password=${SECRET}`,
  `/x/secret: EAC${SECRET}`,
  `/etc/passwd: a directory; password: ${SECRET}`,
  `cannot read /etc/passwd: permission denied, token=${SECRET}`,
  `password: a${SECRET}`,
  `the password: "a ${SECRET}"`,
])("a secret behind a path is still one: %j", (text) => {
  const clean = JSON.stringify(redacted({ error: text }));
  expect(clean.toLowerCase()).not.toContain(SECRET.toLowerCase());
  expect(clean).toContain("***");
});

test("in the words of a command, behind their flags", () => {
  const command = ["grafana-cli", "--password", SECRET, "--api-key", SECRET, "--name", "shop"];
  expect(redacted({ command })).toEqual({
    command: ["grafana-cli", "--password", "***", "--api-key", "***", "--name", "shop"],
  });
});

test.each([`curl -u admin:${SECRET} http://loki:3100`, `mysql -p${SECRET}`, `docker login -p ${SECRET}`])(
  "in the words of a program that takes it: %s",
  (text) => {
    const details = { command: text.split(" "), env: [{ name: "password", value: SECRET }] };
    expect(JSON.stringify(redacted(details))).not.toContain(SECRET);
  },
);

test.each([
  "docker run -u 1000:1000 -p 3100:3100 grafana/loki",
  "mkdir -p data",
  "https://ada@host/",
  "ssh://git@github.com/a/b",
  '{"name":"service","value":"shop"}',
])("a command or URL without a secret is kept: %s", (text) => {
  expect(redacted({ text, command: text.split(" ") })).toEqual({ text, command: text.split(" ") });
});

test.each([
  "curl -u ",
  "password=\\",
  'password=\\"',
  "x",
  "a.",
  "eyJaaaaaa-",
  "--a ",
  "http://a:",
  "a:",
  "a=",
  " ",
  "-----BEGIN ",
  "Bearer ",
  "basic x",
  "'",
  '"a":',
  "--",
  "sk-",
  "/token: a ",
  "/token: ",
])("time stays in proportion to the length: %j", (piece) => {
  const before = performance.now();
  redacted({ text: piece.repeat(200_000 / piece.length) });
  expect(performance.now() - before).toBeLessThan(1_000);
});

test("what only resembles a secret is kept", () => {
  const details = {
    tokens: 1200,
    keys: ["a", "b"],
    monkey: "business",
    passed: true,
    compass: "north",
    message: "token expired; basic authentication is needed; the password is missing",
    url: "http://loki:3100/loki/api/v1/push",
    sha256: HEX,
    path: "/home/ada/backups/20260124-143000",
    time: "2026-01-24T14:30:00Z",
    null: null,
  };
  expect(redacted(details)).toEqual(details);
});

test("the trail keeps what JSON can hold", () => {
  const details = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, half: "a\ud800b", gone: undefined };
  expect(redacted(details)).toEqual({ nan: "NaN", inf: "Infinity", half: "a\ufffdb" });
});

test("every text of an event goes through it", async () => {
  using folder = makeFolder();
  const trail = folder.open();
  const url = `http://ada:${SECRET}@x/`;
  const affected = { dataAffected: [url], exportPath: url };
  await trail.append({ operation: "export", outcome: "success", details: { a: url }, ...affected });
  expect(await Bun.file(folder.file).text()).not.toContain(SECRET);
  expect(await Bun.file(folder.copy).text()).not.toContain(SECRET);
});

test("of what is called like a secret, a count stays in a text", () => {
  for (const text of ["max_tokens: 4711", "prompt_tokens=12, all", '{"max_tokens":100}', "--tokens 5."])
    expect(redactedText(text)).toBe(text);
  expect(redactedText("token=4711 tokens=47a11 api_keys: x1")).not.toMatch(/4711|47a11|x1/);
});
