/**
 * `make demo`: the program at work against the lab: inventory, export, the manifest checked against the files, a
 * destroy, the audit trail. The snapshot stays in `demo/backups/` to look at.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import * as v from "valibot";

const root = resolve(import.meta.dir, "..");
const directory = join(root, "demo");
const began = performance.now();

const Manifest = v.object({
  status: v.string(),
  plugins: v.array(
    v.object({
      name: v.string(),
      files: v.array(v.object({ path: v.string(), bytes: v.number(), sha256: v.string() })),
    }),
  ),
});

const step = (title: string): void => console.log(`\n── ${title}`);

/** Starts the lab as its own program. @returns its URLs and how to stop it */
async function startLab() {
  const child = Bun.spawn([process.execPath, join(root, "test/lab/main.ts")], {
    stdout: "pipe",
    stderr: "inherit",
  });
  for await (const piece of child.stdout) {
    const urls = v.parse(v.record(v.string(), v.string()), JSON.parse(new TextDecoder().decode(piece)));
    return { urls, pid: child.pid, stop: () => child.kill() };
  }
  throw new Error("the lab did not start");
}

/** The stack's configuration; its destroy command ends the lab, as `docker compose down -v` would end the servers. */
async function writeConfig({ urls, pid }: Awaited<ReturnType<typeof startLab>>): Promise<void> {
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory, { recursive: true });
  const backends = ["tempo", "mimir", "loki", "grafana"].map((name) => `  ${name}: { url: "${urls[name]}" }`);
  const command = `command: [kill, "${pid}"]`;
  const text = ["name: demo", "backends:", ...backends, "destroy:", `  ${command}`, ""].join("\n");
  await Bun.write(join(directory, "contextcore.yaml"), text);
}

/** A home of its own, so that the real audit trail stays as it is; and no settings, so that no real server is asked. */
function demoEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !/^(CONTEXTCORE|GRAFANA)_/.test(name));
  return { ...Object.fromEntries(kept), HOME: join(directory, "home") };
}

/** Runs the program in the demo's directory. */
async function contextcore(...args: string[]): Promise<void> {
  console.log(`$ contextcore ${args.join(" ")}`);
  const child = Bun.spawn([join(root, "dist/contextcore"), ...args], {
    cwd: directory,
    env: demoEnvironment(),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const code = await child.exited;
  if (code !== 0) throw new Error(`contextcore ${args.join(" ")} ended with exit code ${code}`);
}

/** Reads every file that the manifest names and compares size and SHA-256, without any code of the program's. */
async function checkSnapshot(path: string): Promise<void> {
  const manifest = v.parse(Manifest, await Bun.file(join(path, "manifest.json")).json());
  const files = manifest.plugins.flatMap((plugin) => plugin.files);
  let bytes = 0;
  for (const file of files) {
    const content = await Bun.file(join(path, file.path)).bytes();
    const sha256 = new Bun.CryptoHasher("sha256").update(content).digest("hex");
    if (content.length !== file.bytes || sha256 !== file.sha256)
      throw new Error(`${file.path} is not as the manifest says`);
    bytes += content.length;
  }
  console.log(
    `${files.length} files, ${bytes.toLocaleString("en")} bytes: sizes and SHA-256 as the manifest says (${manifest.status})`,
  );
}

async function newestSnapshot(): Promise<string> {
  const names = await readdir(join(directory, "backups"));
  const newest = names
    .filter((name) => !name.startsWith("."))
    .sort()
    .at(-1);
  if (newest === undefined) throw new Error("there is no snapshot");
  return join(directory, "backups", newest);
}

const lab = await startLab();
try {
  await writeConfig(lab);
  step("What is there, and what no snapshot holds yet");
  await contextcore("inventory");
  step("Save the last day");
  await contextcore("export", "-t", "24h");
  const snapshot = await newestSnapshot();
  step("Check the files against the manifest");
  await checkSnapshot(snapshot);
  await contextcore("verify", snapshot);
  step("Agree to what the project wants: a command of its own that destroys it");
  await contextcore("config", "trust", "--yes");
  step("Destroy it: export everything, then end the stack, which here is the lab");
  await contextcore("destroy", "--option", "1", "--confirm", "demo");
  step("Who did what");
  await contextcore("audit");
  step(`Done in ${((performance.now() - began) / 1000).toFixed(1)} s. Look at ${snapshot}`);
} finally {
  lab.stop();
}
