/** A project directory whose configuration points at a lab, and what the program says there without what differs each time. */
import type { Lab } from "../lab/lab.ts";
import { binary, cleanEnv } from "./binary.ts";
import { temporaryDirectory } from "./directory.ts";

const BACKENDS = ["tempo", "mimir", "loki", "grafana"] as const;

export interface ProjectOptions {
  /** The backends that are enabled; default all. Fewer are faster. */
  readonly only?: readonly (typeof BACKENDS)[number][];
  /** Replaces a backend's URL. */
  readonly urls?: Readonly<Record<string, string>>;
  /** The destroy command, which its user has then agreed to. */
  readonly command?: readonly string[];
  /** Further lines of the configuration. */
  readonly more?: string;
}

/** A fresh directory with a `contextcore.yaml` for the lab; the stack is called `shop`. */
export function labProject(lab: Lab, options: ProjectOptions = {}): string {
  const { only = BACKENDS, urls = {}, command, more = "" } = options;
  const lines = BACKENDS.map((name) => {
    const enabled = only.includes(name);
    return `  ${name}: { enabled: ${enabled}, url: "${urls[name] ?? lab.urls[name]}" }`;
  });
  const destroy = `destroy:\n  command: ${JSON.stringify(command ?? ["true"])}`;
  const directory = temporaryDirectory({
    "contextcore.yaml": `name: shop\nbackends:\n${lines.join("\n")}\n${destroy}\n${more}`,
  });
  return command === undefined ? directory : agreed(directory);
}

/** The same directory, once its user, whose home it is unless said otherwise, has agreed to what the project wants. */
export function agreed(directory: string, home = directory): string {
  const done = Bun.spawnSync([binary, "config", "trust", "--yes"], { cwd: directory, env: cleanEnv(home) });
  if (done.exitCode !== 0) throw new Error(`the project was not agreed to:\n${done.stderr}`);
  return directory;
}

/** Times, ports, paths and amounts as letters of the same kind, so that the rest can be compared whole. */
export function steady(text: string, directory: string): string {
  return text
    .replaceAll(directory, "DIR")
    .replace(/\b\d{8}-\d{6}\b/g, "SNAPSHOT")
    .replace(/\d{4}-\d\d-\d\d([ T])\d\d:\d\d(:\d\d(\.\d+)?)?( UTC|Z)?/g, "TIME")
    .replace(/127\.0\.0\.1:\d+/g, "127.0.0.1:PORT")
    .replace(/\b[\d.]+ GB free/g, "ROOM free")
    .replace(/about \S+ \S+ \(\S+ \S+ to \S+ \S+\)/g, "about SIZE (LEAST to MOST)")
    .replace(/[\d,]+(\.\d+)? (kB|MB|B)\b/g, (amount) => amount.replaceAll(/\d/g, "9"))
    .replace(/[\d,]+ (entries|samples|histograms|spans|spans in range|annotations)\b/g, "N $1")
    .replace(/bytes=\d+/g, "bytes=N")
    .replace(/, \d+(\.\d+)?s$/gm, ", TOOK")
    .replace(/\d+ (min|h|d) not in any/g, "PART not in any");
}
