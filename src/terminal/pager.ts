/** A long result on a terminal is shown in the user's pager, which is chosen as git chooses it. */
import { columnsOf, rowsOf } from "./columns.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The command line of the pager; `undefined`: none is wanted, or there is none. */
function pagerOf(env: Env): string | undefined {
  const usual = Bun.which("less", { PATH: env.PATH ?? "" }) === null ? "" : "less";
  const pager = (env.CONTEXTCORE_PAGER ?? env.PAGER ?? usual).trim();
  const isWatched = env.TERM !== "dumb" && !env.CI;
  return isWatched && pager !== "" && pager !== "cat" ? pager : undefined;
}

/** `less` then ends at once where all fits, shows colours, and leaves on the screen what was read. */
const SETTINGS = { LESS: "FRX", LV: "-c" } as const;

/** How a shell says that there is no such command, or that it may not run. */
const NOT_RUN = [126, 127];

/** Shows a text until the user leaves it. @returns whether it was shown */
async function isShown(text: string, pager: string, env: Env): Promise<boolean> {
  try {
    const child = Bun.spawn(["/bin/sh", "-c", pager], {
      stdin: new Blob([text]),
      stdout: "inherit",
      stderr: "inherit",
      env: { ...SETTINGS, ...env },
    });
    return !NOT_RUN.includes(await child.exited);
  } catch {
    return false;
  }
}

/** What was written to one of the streams. */
export interface StreamText {
  readonly stream: NodeJS.WriteStream;
  readonly text: string;
}

/** A long result on its way to the pager. */
interface Pages {
  /** From now on what is written is kept until the result is whole. */
  begin(): void;
  /** @returns whether it is kept */
  keeps(written: StreamText): boolean;
  /** Gives back what is kept, and keeps nothing more. */
  end(): readonly StreamText[];
  /** Shows what is kept, in the pager if it is longer than the screen. */
  show(): Promise<void>;
  /** The pager is open: Ctrl-C is its own. */
  isOpen(): boolean;
}

/** @param put writes to a stream */
export function createPages(
  stdout: NodeJS.WriteStream,
  { env, put }: { readonly env: Env; readonly put: (written: StreamText) => void },
): Pages {
  let kept: StreamText[] | undefined;
  let isOpen = false;
  const end = (): readonly StreamText[] => {
    const all = kept ?? [];
    kept = undefined;
    return all;
  };
  return {
    begin() {
      if (stdout.isTTY === true && pagerOf(env) !== undefined) kept = [];
    },
    keeps(written) {
      if (kept === undefined || written.stream.isTTY !== true) return false;
      kept.push(written);
      return true;
    },
    end,
    async show() {
      const all = end();
      const text = all.map((one) => one.text).join("");
      const pager = linesOf(text, columnsOf(stdout, env)) >= rowsOf(stdout) ? pagerOf(env) : undefined;
      isOpen = pager !== undefined;
      const shown = pager !== undefined && (await isShown(text, pager, env));
      isOpen = false;
      if (!shown) for (const one of all) put(one);
    },
    isOpen: () => isOpen,
  };
}

/** Lines on a screen of this width: a longer one takes several. */
const linesOf = (text: string, columns: number): number =>
  text.split("\n").reduce((sum, line) => sum + Math.max(1, Math.ceil(Bun.stringWidth(line) / columns)), -1);
