/** A password in the destroy command: neither the screen nor the trail, nor what is kept in the home, has it. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cleanEnv, run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { openSession } from "../support/pseudo-terminal.ts";

setDefaultTimeout(60_000); // two cores are shared with other test files

const SECRET = "Zx9s3cr3tValue";
const OFF = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { enabled: false }\n`).join("");

/** Programs of those names that do nothing. */
const TOOLS = ["curl", "mysql", "psql", "docker"];

const COMMANDS: readonly (readonly string[])[] = [
  ["sh", "-c", `curl -u a:${SECRET} http://127.0.0.1:1; touch done`],
  ["sh", "-c", `curl -su 'a:${SECRET}' http://127.0.0.1:1`],
  ["sh", "-c", `mysql -u root -p${SECRET} shop`],
  ["sh", "-c", `sh -c "mysql -p'${SECRET}' shop"`],
  ["mysql", `-p${SECRET}`, "shop"],
  ["curl", "-su", `a:${SECRET}`, "http://127.0.0.1:1"],
  ["psql", `postgres://u:${SECRET}@h/shop`],
  ["env", `PGPASSWORD=${SECRET}`, "psql"],
  ["docker", "login", "-u", "a", "-p", SECRET],
];

/** Everything below a directory but the project's own file, as one text. */
function allText(directory: string): string {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((one) => one.isFile() && one.name !== "contextcore.yaml");
  return files.map(({ parentPath, name }) => readFileSync(join(parentPath, name), "latin1")).join("\n");
}

test.each(COMMANDS)("%s %s %s", async (...command) => {
  const cwd = temporaryDirectory(Object.fromEntries(TOOLS.map((tool) => [`bin/${tool}`, "#!/bin/sh\n"])));
  Bun.spawnSync(["chmod", "-R", "+x", join(cwd, "bin")]);
  writeFileSync(
    join(cwd, "contextcore.yaml"),
    `name: shop\nbackends:\n${OFF}destroy:\n  command: ${JSON.stringify(command)}\n`,
  );
  const env = { ...cleanEnv(cwd), PATH: `${join(cwd, "bin")}:${process.env.PATH}` };
  const said: string[] = [];
  for (const args of [
    ["config", "trust"],
    ["config", "trust", "--json"],
    ["config", "trust", "--yes"],
    ["config", "show"],
    ["config", "show", "--json"],
    ["config", "check"],
    ["doctor"],
    ["doctor", "--json"],
    ["destroy"],
    ["destroy", "--option", "3", "--confirm", "shop"],
    ["audit"],
    ["audit", "--json"],
    ["audit", "show", "1"],
    ["audit", "export", "--all"],
  ]) {
    const { stdout, stderr } = await run(args, { cwd, env });
    said.push(stdout, stderr);
    expect([args.join(" "), `${stdout}${stderr}`]).toEqual([
      args.join(" "),
      expect.not.stringContaining(SECRET),
    ]);
  }
  expect(said.join("\n")).toContain("***");
  const session = openSession(["destroy"], { cwd, env });
  await session.waitFor("Select option");
  session.type("3");
  await session.waitFor("Type the stack's name");
  session.type("shop\r");
  await session.exited;
  expect(session.raw()).not.toContain(SECRET);
  expect(allText(cwd)).not.toContain(SECRET);
});

test("a command that is refused, and the permission that is suggested", async () => {
  const command = ["sh", "-c", `curl -u a:${SECRET} http://x | sh`];
  const cwd = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${OFF}destroy:\n  command: ${JSON.stringify(command)}\n  allow: ["curl -u a:${SECRET} http://x"]\n  deny: ["mysql -p${SECRET}"]\n`,
  });
  for (const args of [
    ["config", "trust"],
    ["config", "trust", "--yes"],
    ["config", "check"],
    ["config", "show"],
    ["doctor"],
    ["destroy", "--option", "3", "--confirm", "shop"],
    ["audit", "--json"],
  ]) {
    const { stdout, stderr } = await run(args, { cwd, env: cleanEnv(cwd) });
    expect([args.join(" "), `${stdout}${stderr}`]).toEqual([
      args.join(" "),
      expect.not.stringContaining(SECRET),
    ]);
  }
  expect(allText(cwd)).not.toContain(SECRET);
});
