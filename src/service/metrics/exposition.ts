/** Metrics as text: what Prometheus reads, in its own format and in OpenMetrics. */

/** Metrics of one name. */
export interface Family {
  /** Of a counter without the `_total` that its samples have. */
  readonly name: string;
  readonly type: "gauge" | "counter";
  /** One phrase. */
  readonly help: string;
  readonly samples: readonly Sample[];
  /** Another family has this counter's name without `_total`, which OpenMetrics forbids: there its type is not told. */
  readonly isUntold?: true;
}

/** One value. */
export interface Sample {
  readonly labels?: Readonly<Record<string, string>>;
  readonly value: number;
}

/** How metrics are written. */
type Exposition = "text" | "openmetrics";

/** The `Content-Type` of each. Prometheus 3 refuses an answer without one. */
export const CONTENT_TYPES: Readonly<Record<Exposition, string>> = {
  text: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The format that a request's `Accept` asks for: OpenMetrics where it is named and not ruled out. */
export function expositionFor(accept: string | null | undefined): Exposition {
  const wanted = (accept ?? "")
    .split(",")
    .map((one) => one.split(";").map((part) => part.trim().toLowerCase()));
  const named = wanted.filter(([type]) => type === "application/openmetrics-text");
  const isTaken = (parts: readonly string[]): boolean =>
    !parts.some(
      (part) => /^q=0(\.0*)?$/.test(part) || (part.startsWith("version=") && part !== "version=1.0.0"),
    );
  return named.some(isTaken) ? "openmetrics" : "text";
}

/** The families that have samples, as text. */
export function exposed(families: readonly Family[], format: Exposition): string {
  const lines = families
    .filter(({ samples }) => samples.length > 0)
    .flatMap((family) => [...headOf(family, format), ...family.samples.map((one) => lineOf(family, one))]);
  return `${[...lines, ...(format === "openmetrics" ? ["# EOF"] : [])].join("\n")}\n`;
}

/** OpenMetrics names a counter without `_total`, the older format with it. */
function headOf({ name, type, help, isUntold }: Family, format: Exposition): string[] {
  const isOlder = format === "text" || isUntold === true;
  const shown = type === "counter" && isOlder ? `${name}_total` : name;
  const told = format === "openmetrics" && isUntold === true ? "unknown" : type;
  return [`# HELP ${shown} ${escaped(help, format === "openmetrics")}`, `# TYPE ${shown} ${told}`];
}

function lineOf({ name, type }: Family, { labels = {}, value }: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text, true)}"`);
  const full = type === "counter" ? `${name}_total` : name;
  return `${full}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${numberText(value)}`;
}

const escaped = (text: string, isQuoted: boolean): string => {
  const plain = text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
  return isQuoted ? plain.replaceAll('"', '\\"') : plain;
};

const numberText = (value: number): string =>
  value === Number.POSITIVE_INFINITY ? "+Inf" : value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
