/** The unit: systemd's own tool finds nothing wrong with it, and little that it leaves open. */
import { describe, expect, test } from "bun:test";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { debianProgram } from "../support/debian.ts";
import { temporaryDirectory } from "../support/directory.ts";

const UNITS = resolve(import.meta.dir, "../../deploy/systemd");
const NAMES = ["contextcore.service", "contextcore-relay.service"];
const ANALYZE =
  Bun.which("systemd-analyze") ?? debianProgram({ package: "systemd", program: "systemd-analyze" });

const analyze = (...args: readonly string[]) => {
  const { stdout, stderr, exitCode } = Bun.spawnSync([ANALYZE, ...args], { stderr: "pipe" });
  return { said: `${stdout}${stderr}`, exitCode };
};

/** The unit, with a program that is there and perhaps another change. */
function installed(name: string, change: (text: string) => string = (text) => text): string {
  const directory = temporaryDirectory({ program: "#!/bin/sh\n" });
  const program = join(directory, "program");
  chmodSync(program, 0o755);
  const unit = join(directory, name);
  writeFileSync(
    unit,
    change(readFileSync(join(UNITS, name), "utf8")).replaceAll("/usr/local/bin/contextcore", program),
  );
  return unit;
}

describe.each(NAMES)("%s", (name) => {
  test("systemd-analyze verify has nothing to say, and would have", () => {
    expect(analyze("verify", "--man=no", installed(name))).toEqual({ said: "", exitCode: 0 });
    const wrong = installed(name, (text) => text.replace("ProtectSystem=strict", "ProtectSystem=mostly"));
    expect(analyze("verify", "--man=no", wrong).said).toContain("protect system");
  });

  test("little is left open to it", () => {
    const { said, exitCode } = analyze("security", "--offline=true", "--threshold=20", installed(name));
    expect({ exitCode, said: said.trimEnd().split("\n").at(-1) }).toEqual({
      exitCode: 0,
      said: expect.stringContaining("OK"),
    });
  });

  test("it stops no earlier than the tasks that it lets end, and /proc stays readable", () => {
    const text = readFileSync(join(UNITS, name), "utf8");
    expect(text).toContain("TimeoutStopSec=60s");
    // By it the service tells a command that runs from one that died.
    expect(text).not.toMatch(/^(ProtectProc|ProcSubset)=/m);
  });
});
