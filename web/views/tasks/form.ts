/** The form of a task: what its schema asks for, as the address holds it and as the service takes it. */
import type { TaskKind, TaskParam } from "../../api/shapes.ts";

/** The values of a form, by name. Of a flag "yes" or ""; of a list, a line each. */
type FormValues = Readonly<Record<string, string>>;

/** What a task was told, as the address of a form that says the same. */
export function formQuery(params: Readonly<Record<string, unknown>>): Record<string, string> {
  const text = (value: unknown): string => (Array.isArray(value) ? value.join("\n") : String(value));
  return Object.fromEntries(Object.entries(params).map(([name, value]) => [name, text(value)]));
}

/** A flag that is on unless it is said otherwise: its `about` says what becomes of it when it is off. */
export const isOnByDefault = ({ type, default: usual }: TaskParam): boolean =>
  type === "flag" && usual === true;

/** Whether the box of a flag is ticked: of one that is on by default the box turns it off. */
export const isTicked = (param: TaskParam, value: string): boolean =>
  value !== "" && (value === "true") !== isOnByDefault(param);

/** What the address says of a flag. */
export const tickedValue = (param: TaskParam, ticked: boolean): string =>
  ticked ? String(!isOnByDefault(param)) : "";

/** What is sent; what is left empty is not. */
export function paramsOf({ parameters }: TaskKind, values: FormValues): Record<string, unknown> {
  const given = parameters.flatMap((param): [string, unknown][] => {
    const value = values[param.name] ?? "";
    if (value.trim() === "") return [];
    if (param.type === "flag") return [[param.name, value === "true"]];
    return [[param.name, param.type === "list" ? linesOf(value) : value.trim()]];
  });
  return Object.fromEntries(given);
}

const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");

/** What is wrong with it, before the service says so. */
export function objections({ parameters, exclusive }: TaskKind, values: FormValues): string[] {
  const isGiven = (name: string): boolean => (values[name] ?? "").trim() !== "";
  const missing = parameters.filter(({ name, required }) => required && !isGiven(name));
  const clashing = exclusive.map((set) => set.filter(isGiven)).filter((given) => given.length > 1);
  return [
    ...missing.map(({ name }) => `${name} is needed.`),
    ...clashing.map((given) => `${given.join(" and ")} contradict each other: give one of them.`),
  ];
}
