/** The clock of a program that is started: off by so much. Elapsed time, and the times of files, stay what they are. */
import { dirname, join } from "node:path";
import { debianProgram } from "./debian.ts";

const faketime = debianProgram({ package: "faketime", program: "faketime" });
const installed = dirname(dirname(faketime));
const [library = ""] = new Bun.Glob("usr/lib/*/faketime/libfaketime.so.1").scanSync({ cwd: installed });

/** The environment of such a program. @param off `+1d`, `-3h` */
export const clockOff = (off: string): Record<string, string> => ({
  LD_PRELOAD: join(installed, library),
  FAKETIME: off,
  DONT_FAKE_MONOTONIC: "1",
  NO_FAKE_STAT: "1",
});
