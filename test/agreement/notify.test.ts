// biome-ignore-all lint/suspicious/noTemplateCurlyInString: ${VAR} is what stands in the file
/** Where messages go is asked about, and what stands in their addresses is shown nowhere. */
import { expect, test } from "bun:test";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";

const FILE = `
notify:
  - url: https://hooks.example.com/services/T0/B0/s3cret-path
    headers: { Authorization: "Bearer \${NOTIFY_TOKEN}" }
    template: { text: "{{title}}" }
  - url: http://localhost:9/s3cret-local
ping: https://ping.example.com/s3cret-uuid
`;

const cwd = temporaryDirectory({ "contextcore.yaml": FILE });
const env = { ...cleanEnv(cwd), HOME: temporaryDirectory(), NOTIFY_TOKEN: "token-s3cret" };

test("addresses beyond this machine are claims, and so is a secret that goes there", async () => {
  const { stdout, stderr } = await run(["config", "trust", "--json"], { cwd, env });
  const { claims } = JSON.parse(stdout);
  expect(claims).toMatchObject([
    {
      kind: "address",
      key: "notify.0.url",
      value: expect.stringContaining("https://hooks.example.com/… sha256:"),
    },
    { kind: "address", key: "ping", value: expect.stringContaining("https://ping.example.com/… sha256:") },
    {
      kind: "secret",
      key: "notify.0.headers.Authorization",
      value: "${NOTIFY_TOKEN}",
      receivers: ["https://hooks.example.com"],
    },
  ]);
  expect(`${stdout}${stderr}`).not.toContain("s3cret");
});

test("config show shows their servers, and nothing of a path or a header", async () => {
  const { stdout } = await run(["config", "show", "--json"], { cwd, env });
  const { settings } = JSON.parse(stdout);
  const shown = (name: string): unknown => settings.find(({ key }: { key: string }) => key === name).value;
  expect(shown("notify")).toMatchObject([
    {
      url: "https://hooks.example.com/…",
      headers: { Authorization: "***" },
      template: { text: "{{title}}" },
    },
    { url: "http://localhost:9/…" },
  ]);
  expect(shown("ping")).toBe("https://ping.example.com/…");
  expect(stdout).not.toContain("s3cret");
});
