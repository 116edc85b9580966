/** Objects of a list that Grafana fails at, one by one: those whose names the notification policies hold. */
import { type Cursor, openObject, type Problem, type Split, v } from "contextcore";
import { asObject, asText, type Fields, objectSchema } from "./json.ts";
import { inHalves } from "./pages.ts";
import { read, type Server } from "./server.ts";

/** Where alerting is read and written. */
export const PROVISIONING = "/api/v1/provisioning";

/** Where the notification policies are. */
export const POLICIES_PATH = `${PROVISIONING}/policies`;

/** What the notification policies name in these members, at any depth. */
export async function namesInPolicies(server: Server, ...members: readonly string[]): Promise<string[]> {
  const names = new Set<string>();
  const visit = (route: Fields): void => {
    for (const name of members.flatMap((member) => route[member]).map(asText))
      if (name !== "") names.add(name);
    if (Array.isArray(route.routes)) for (const one of route.routes) visit(asObject(one));
  };
  visit(await read(server, objectSchema, { path: POLICIES_PATH }));
  return [...names];
}

const namesSchema = openObject({ names: v.array(v.string()) });

/** The names in a cursor that lists objects one by one. */
export const namesIn = (cursor: Cursor): readonly string[] => v.parse(namesSchema, cursor).names;

interface Named {
  readonly singular: string;
  /** The names that are known without the list. */
  names(): Promise<readonly string[]>;
}

/** Divides a list by the names that are known without it, and those further. */
export async function splitNames(cursor: Cursor, { singular, names }: Named): Promise<Split> {
  const known = cursor.names === undefined ? await names() : namesIn(cursor);
  const [only = "", ...others] = known;
  if (cursor.names !== undefined && others.length === 0) return { items: [`${singular} ${only}`] };
  if (known.length === 0) return {};
  return { cursors: inHalves(known).map((some) => ({ ...cursor, names: some })) };
}

/** Others than those of these names are not known without the list. */
export const problemsOfNames = ({ names }: Cursor, plural: string): Problem[] =>
  names === undefined
    ? []
    : [
        {
          kind: "incomplete",
          reason: `Grafana fails at its list of ${plural}: only those that the notification policies name were read, one by one.`,
        },
      ];
