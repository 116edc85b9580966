/** Who starts a task where nobody can be asked: what the project wants must have been agreed to before. */
import { standingOf } from "../../agreement/standing.ts";
import type { Config } from "../../config/config.ts";
import { agreementRefusal, isAgreed } from "../task/agreed.ts";
import type { Caller } from "./stack.ts";
import { trailPlaces } from "./trail-places.ts";

/** Which project. */
interface ProjectAt {
  readonly directory: string;
  readonly configFile?: string | undefined;
  readonly overrides: Readonly<Record<string, string>>;
}

interface Unattended extends Pick<Caller, "env" | "signal" | "builtIns"> {
  /** Prints a line for people. */
  readonly say: (line: string) => void;
}

/** Its caller: it says what there is to be said, and shows no progress. */
export function unattended(project: ProjectAt, { say, ...surroundings }: Unattended): Caller {
  const own = { ...standingIn(project, surroundings.builtIns), ...project, ...surroundings, debug: false };
  return {
    ...own,
    note: say,
    warn: say,
    follow: () => ({ progress: () => undefined, [Symbol.dispose]: () => undefined }),
    waitFor: () => ({ answered: () => undefined, [Symbol.dispose]: () => undefined }),
    pour: async () => false,
  };
}

/** How the project stands with its user. */
export function standingIn(
  { directory }: Pick<ProjectAt, "directory">,
  builtIns: Caller["builtIns"],
): Pick<Caller, "agreementOf" | "requireAgreement"> {
  const agreementOf = (config: Config) =>
    standingOf(config, { ...trailPlaces(config), cwd: directory, builtIns });
  return {
    agreementOf,
    async requireAgreement(config, runs) {
      const standing = await agreementOf(config);
      if (!isAgreed(standing, runs)) throw agreementRefusal(standing);
    },
  };
}
