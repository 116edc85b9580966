/** A real Prometheus for a test: installed when it is not there, on 127.0.0.1, empty, gone when the test run ends. */
import { dirname, join, resolve } from "node:path";
import { atEnd } from "./at-end.ts";
import { temporaryDirectory } from "./directory.ts";

export interface PrometheusOptions {
  /** `newest` that runs on this machine, or the `distribution`'s own: 2.42 in Debian 12. */
  readonly version?: "newest" | "distribution";
  /** Flags besides those that every test needs. */
  readonly flags?: readonly string[];
  /** The configuration file, given its own `host:port`; default: nothing is scraped. */
  readonly config?: (address: string) => string;
  /** Fills its data directory before it starts. */
  readonly fill?: (data: string) => void;
}

export interface Prometheus {
  readonly url: string;
  readonly directory: string;
  stop(): Promise<void>;
}

/** It ends with the test runner, also when that is killed before it could stop it. */
const WITH_US = Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "TERM"];

const started: (() => Promise<void>)[] = [];
atEnd(async () => void (await Promise.all(started.splice(0).map((stop) => stop()))));

const INSTALL = resolve(import.meta.dir, "install-prometheus.sh");

/** The paths of its programs, known when this file is loaded: the first time they are fetched, which no test's time limit should count. */
const PROGRAMS = { newest: install("newest"), distribution: install("distribution") };

function install(version: "newest" | "distribution"): string {
  const installed = Bun.spawnSync([INSTALL, version], { stderr: "pipe" });
  if (installed.exitCode !== 0) throw new Error(`no Prometheus for the tests:\n${installed.stderr}`);
  return installed.stdout.toString().trim();
}

/** The path of the newest one's promtool. */
export const PROMTOOL = join(dirname(PROGRAMS.newest), "promtool");

/** Starts it and waits until it answers. */
export async function startPrometheus(options: PrometheusOptions = {}): Promise<Prometheus> {
  const program = PROGRAMS[options.version ?? "newest"];
  const address = `127.0.0.1:${freePort()}`;
  const url = `http://${address}`;
  const directory = temporaryDirectory({ "prometheus.yml": options.config?.(address) ?? "global: {}\n" });
  const flags = [
    `--config.file=${directory}/prometheus.yml`,
    `--storage.tsdb.path=${directory}/data`,
    `--web.listen-address=${address}`,
    "--web.enable-remote-write-receiver",
    ...(options.flags ?? []),
  ];
  options.fill?.(`${directory}/data`);
  const child = Bun.spawn([...WITH_US, program, ...flags], {
    stdout: "ignore",
    stderr: Bun.file(`${directory}/log`),
  });
  const stop = async (): Promise<void> => {
    child.kill();
    await child.exited;
  };
  started.push(stop);
  await untilReady(url, child, `${directory}/log`);
  return { url, directory: `${directory}/data`, stop };
}

function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

async function untilReady(url: string, child: Bun.Subprocess, log: string): Promise<void> {
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await Bun.sleep(20)) {
    if (child.exitCode !== null) throw new Error(`Prometheus ended:\n${await Bun.file(log).text()}`);
    const ready = await fetch(`${url}/-/ready`).catch(() => undefined);
    if (ready?.ok) return;
  }
  throw new Error(`Prometheus is not ready after 20 s:\n${await Bun.file(log).text()}`);
}
