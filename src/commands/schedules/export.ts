import { basename, join, resolve } from "node:path";
import type { Config } from "../../config/config.ts";
import { FILE_NAME } from "../../config/source.ts";
import { SCHEDULES_EXPORT } from "../../results/schedules.ts";
import type { Carried } from "../../service/schedule/carried.ts";
import { makeNamedDirectory } from "../../storage/own-file.ts";
import { writeWhole } from "../../storage/whole-file.ts";
import { listed } from "../../units/words.ts";
import { configOf } from "../caller.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-code.ts";
import { printResult } from "../print-result.ts";

const args = {
  format: {
    type: "positional",
    hint: "FORMAT",
    values: ["crontab", "systemd"],
    default: "crontab",
    about: "crontab: lines of a crontab; systemd: a service and a timer for each schedule",
  },
  output: {
    type: "value",
    alias: "o",
    hint: "DIRECTORY",
    complete: "directories",
    about: "write the files there instead of printing them",
  },
} as const;

export default defineCommand({
  about: "write the schedules for cron or systemd, where no service runs",
  args,
  examples: [
    { line: "schedules export", about: "lines for crontab -e" },
    {
      line: "schedules export systemd -o ~/.config/systemd/user",
      about: "then systemctl --user enable --now each timer",
    },
  ],
  json: [SCHEDULES_EXPORT],
  async run(call) {
    const config = await configOf(call);
    const { carriedBy } = await import("../../service/schedule/carried.ts");
    const carried = carriedBy(config);
    const files = await filesOf(call, config, carried);
    const written = call.args.output === undefined ? undefined : write(call, files);
    if (call.json) printResult(call, SCHEDULES_EXPORT, { files: written ?? files });
    else if (written !== undefined) call.terminal.tell(...written.map(({ path }) => path));
    else call.terminal.print(...textOf(files).split("\n"));
    warnOfZones(call, config);
    warnOfLeft(call, carried);
    return EXIT.ok;
  },
});

interface Exported {
  readonly name: string;
  readonly text: string;
}

async function filesOf(
  { args: { format } }: Call<typeof args>,
  config: Config,
  carried: Carried,
): Promise<Exported[]> {
  const { readSchedules } = await import("../../service/schedule/check.ts");
  const { crontabText, timerFiles } = await import("../../service/schedule/outside.ts");
  const schedules = await readSchedules(config);
  const program = { ...programOf(config), carried };
  if (format === "crontab") return [{ name: "crontab", text: crontabText(schedules, program) }];
  return [...timerFiles(schedules, program)].map(([name, text]) => ({ name, text }));
}

const programOf = ({ name, directory, file }: Config) => ({
  path: Bun.isStandaloneExecutable ? process.execPath : "contextcore",
  directory,
  configFile: file === undefined || basename(file) === FILE_NAME ? undefined : file,
  stack: name,
});

/** Of several files each under its name, as systemctl cat shows them. */
const textOf = (files: readonly Exported[]): string =>
  files.length === 1
    ? (files[0]?.text.trimEnd() ?? "")
    : files
        .map(({ name, text }) => `# ${name}\n${text}`)
        .join("\n")
        .trimEnd();

function write({ args: { output = "" }, directory }: Call<typeof args>, files: readonly Exported[]) {
  const folder = resolve(directory, output);
  makeNamedDirectory(folder);
  return files.map(({ name, text }) => {
    const path = join(folder, name);
    writeWhole(path, text);
    return { name, text, path };
  });
}

/** What may be a secret is written nowhere, and cron and systemd know nothing of this environment. */
function warnOfLeft({ args: { format }, terminal }: Call<typeof args>, { left }: Carried): void {
  if (left.length === 0) return;
  const how = format === "crontab" ? "lines NAME=value in the crontab" : "EnvironmentFile= in the units";
  terminal.warn(`they run without ${listed(left)}, which count here: ${how} can give them`);
}

/** Debian's cron takes CRON_TZ for just another variable. */
function warnOfZones({ args: { format }, terminal }: Call<typeof args>, { schedules }: Config): void {
  const zones = schedules.some(({ zone }) => zone !== undefined);
  if (format === "crontab" && zones)
    terminal.warn(
      "CRON_TZ is understood by cronie; other crons run these lines by the machine's own time zone, where timers of systemd are right",
    );
}
