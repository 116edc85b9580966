/**
 * Recognizes dashboards that were exported for sharing. Instead of data sources and constants they have `${DS_…}` and
 * `${VAR_…}`, which Grafana's import dialog fills in from `__inputs`, and they include library panels that it would create.
 */
type Fields = Readonly<Record<string, unknown>>;

/** What remains unresolved if a dashboard with this content is provisioned unchanged; `undefined`: nothing. */
export function leftOpen(content: Fields): string | undefined {
  const parts = [
    listed("nothing fills in", placeholders(content)),
    listed("it includes library panels, which are not created:", libraryPanels(content)),
  ].flatMap((part) => part ?? []);
  if (parts.length === 0) return undefined;
  return `exported for sharing: ${parts.join("; ")}. Import it into Grafana once, and use the export of the result`;
}

const listed = (words: string, names: readonly string[]): string | undefined =>
  names.length === 0 ? undefined : `${words} ${names.join(", ")}`;

/** The usual names of inputs. */
const INPUT = /^(?:DS|VAR)_/;

/** Placeholders in any text that get no value, neither from one of the dashboard's own variables nor otherwise. */
function placeholders(content: Fields): string[] {
  const { __inputs, ...rest } = content;
  const inputs = new Map(objects(__inputs).map((input) => [textOf(input.name), input]));
  const used = new Set<string>();
  for (const text of textsIn(rest))
    for (const [, name = ""] of text.matchAll(/\$\{(\w+)\}/g))
      if (inputs.has(name) || INPUT.test(name)) used.add(name);
  for (const variable of variables(content)) used.delete(variable);
  return [...used].map((name) => `\${${name}}${meaning(inputs.get(name))}`);
}

/** `(data source: prometheus)`, `(constant: job)`. */
function meaning(input: Fields | undefined): string {
  if (input === undefined) return "";
  const isSource = input.type === "datasource";
  const what = textOf(isSource ? input.pluginId : input.label);
  return ` (${isSource ? "data source" : textOf(input.type) || "input"}${what === "" ? "" : `: ${what}`})`;
}

/** The names of a dashboard's own variables, in either schema. */
const variables = ({ templating, variables: second }: Fields): string[] => [
  ...objects(fieldsOf(templating).list).map(({ name }) => textOf(name)),
  ...objects(second).map(({ spec }) => textOf(fieldsOf(spec).name)),
];

const libraryPanels = ({ __elements }: Fields): string[] =>
  objects(Array.isArray(__elements) ? __elements : Object.values(fieldsOf(__elements))).map(
    ({ name, uid }) => `${textOf(name)} (${textOf(uid)})`,
  );

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const one of Object.values(value)) yield* textsIn(one);
}

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const fieldsOf = (value: unknown): Fields => (isFields(value) ? value : {});

const objects = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
