const BY_PLACE = new Intl.Collator("en", { numeric: true });

/** The configuration is invalid, and nothing has run. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  /** Each problem with its place: `contextcore.yaml:12: backends.loki.urll: unknown key`. */
  readonly problems: readonly ConfigProblem[];
  readonly hint: string | undefined;

  constructor(problems: readonly ConfigProblem[]) {
    const sorted = problems.toSorted((a, b) => BY_PLACE.compare(a.where, b.where));
    const [first] = sorted;
    super(first === undefined ? "the configuration is not valid" : formatProblem(first));
    this.problems = sorted;
    const others = problems.length - 1;
    const more = others > 0 ? `${others} more: contextcore config check lists them all` : undefined;
    this.hint = [first?.hint, more].filter((part) => part !== undefined).join(" · ") || undefined;
  }
}

/** One thing that is wrong with the configuration, or with a plugin's options. */
export interface ConfigProblem {
  /** `contextcore.yaml:12`, an environment variable or `--set`. */
  readonly where: string;
  /** Keys joined with dots; empty for the whole file. */
  readonly key: string;
  readonly what: string;
  readonly hint?: string;
}

/** `contextcore.yaml:12: backends.loki.urll: unknown key`. */
export const formatProblem = ({ where, key, what }: ConfigProblem): string =>
  [where, key, what].filter((part) => part !== "").join(": ");
