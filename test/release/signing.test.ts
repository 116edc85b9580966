/** The jobs of the release workflow after the build, run here: what is published is what the sums and the SBOM name. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import * as v from "valibot";
import { parse } from "yaml";
import { describeRelease, sha256 } from "../../scripts/release/describe.ts";
import { TARGETS } from "../../scripts/release/targets.ts";
import { temporaryDirectory } from "../support/directory.ts";

const root = resolve(import.meta.dir, "../..");
const stepSchema = v.object({
  uses: v.optional(v.string(), ""),
  run: v.optional(v.string()),
  with: v.optional(v.object({ name: v.optional(v.string(), ""), path: v.optional(v.string(), "") })),
  "working-directory": v.optional(v.string(), "."),
});
const workflowSchema = v.object({ jobs: v.record(v.string(), v.object({ steps: v.array(stepSchema) })) });
const { jobs } = v.parse(
  workflowSchema,
  parse(readFileSync(join(root, ".github/workflows/release.yml"), "utf8")),
);

/** Apple's program changes the file that it signs, and GitHub's would publish. */
const bin = temporaryDirectory({
  codesign: '#!/bin/sh\ncase $1 in --sign) echo "signed" >> "$4" ;; esac\n',
  gh: "#!/bin/sh\nexit 0\n",
});
for (const name of ["codesign", "gh"]) chmodSync(join(bin, name), 0o755);

function built(): string {
  const folder = temporaryDirectory({ "contextcore.1": ".TH", "install.sh": "#!/bin/sh\n" });
  for (const { file } of TARGETS) {
    writeFileSync(join(folder, file), `program ${file}`);
    writeFileSync(join(folder, `${file}.gz`), Bun.gzipSync(readFileSync(join(folder, file))));
  }
  describeRelease(folder, { version: "1.2.3", created: "2026-01-24T14:30:00Z" });
  return folder;
}

type Step = v.InferOutput<typeof stepSchema>;

/** What GitHub would hand in from the repository's secrets. */
let SIGNING_KEY = "";

/** Runs the steps of a job as GitHub would, with these artifacts; it may add one. */
function runJob(steps: readonly Step[], artifacts: Map<string, string>): void {
  const workspace = temporaryDirectory();
  for (const { uses, run, with: given = { name: "", path: "" }, "working-directory": place } of steps) {
    const path = join(workspace, given.path);
    if (uses.includes("/checkout@")) checkOut(workspace);
    if (uses.includes("/download-artifact@"))
      cpSync(artifacts.get(given.name) ?? "", path, { recursive: true });
    if (uses.includes("/upload-artifact@")) artifacts.set(given.name, path);
    if (run === undefined) continue;
    const env = {
      ...process.env,
      PATH: `${bin}:${process.env.PATH}`,
      GITHUB_REF_NAME: "v1.2.3",
      SIGNING_KEY,
    };
    const ended = Bun.spawnSync(["bash", "-e"], {
      cwd: join(workspace, place),
      stdin: new Blob([run]),
      env,
      stderr: "pipe",
      stdout: "pipe",
    });
    if (ended.exitCode !== 0) throw new Error(`${run}: ${ended.stdout}${ended.stderr}`);
  }
}

function checkOut(workspace: string): void {
  mkdirSync(join(workspace, "dist"));
  for (const name of readdirSync(root))
    if (name !== "dist" && name !== ".git") symlinkSync(join(root, name), join(workspace, name));
}

const sbomSchema = v.object({
  files: v.array(
    v.object({ fileName: v.string(), checksums: v.tuple([v.object({ checksumValue: v.string() })]) }),
  ),
});

setDefaultTimeout(60_000); // two cores are shared with other test files

test("sums and bill of materials are of the signed files, all of them", () => {
  const artifacts = new Map([["release", built()]]);
  for (const name of ["sign", "sum", "publish"]) runJob(jobs[name]?.steps ?? [], artifacts);
  const published = jobs.publish?.steps.find(({ uses }) => uses.includes("/download-artifact@"))?.with?.name;
  const folder = artifacts.get(published ?? "") ?? "";
  expect(readFileSync(join(folder, "contextcore-darwin-arm64"), "utf8")).toEndWith("signed\n");
  const actual = (name: string) => sha256(readFileSync(join(folder, name)));
  const sbom = v.parse(sbomSchema, JSON.parse(readFileSync(join(folder, "contextcore.spdx.json"), "utf8")));
  const names = readdirSync(folder).filter((name) => name !== "SHA256SUMS");
  for (const { fileName, checksums } of sbom.files) expect(checksums[0].checksumValue).toBe(actual(fileName));
  expect(sbom.files.map(({ fileName }) => fileName.slice(2)).sort()).toEqual(
    names.filter((name) => name !== "contextcore.spdx.json").sort(),
  );
  const sums = names.sort().map((name) => `${actual(name)}  ${name}\n`);
  expect(readFileSync(join(folder, "SHA256SUMS"), "utf8")).toBe(sums.join(""));
});

test("what was described before it was signed is not published", () => {
  const artifacts = new Map([["release", built()]]);
  runJob(jobs.sign?.steps ?? [], artifacts);
  runJob(
    (jobs.sum?.steps ?? []).filter(({ run }) => run === undefined),
    artifacts,
  );
  expect(() => runJob(jobs.publish?.steps ?? [], artifacts)).toThrow("contextcore-darwin-arm64: FAILED");
});

test("the sums are signed with the key whose public half the installer has, and with no other", () => {
  const keys = temporaryDirectory();
  for (const name of ["own", "other"])
    Bun.spawnSync(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", join(keys, name)]);
  const publicKey = readFileSync(join(keys, "own.pub"), "utf8").trim();
  const published = (secret: string): string => {
    const folder = temporaryDirectory();
    cpSync(built(), folder, { recursive: true });
    writeFileSync(join(folder, "install.sh"), `RELEASE_KEY='${publicKey}'\n`);
    describeRelease(folder, { version: "1.2.3", created: "2026-01-24T14:30:00Z" });
    SIGNING_KEY = secret;
    const artifacts = new Map([["summed", folder]]);
    runJob(jobs.publish?.steps ?? [], artifacts);
    return folder;
  };
  try {
    published(readFileSync(join(keys, "own"), "utf8"));
    expect(() => published(readFileSync(join(keys, "other"), "utf8"))).toThrow("contextcore-release");
    expect(() => published("")).toThrow();
  } finally {
    SIGNING_KEY = "";
  }
});
