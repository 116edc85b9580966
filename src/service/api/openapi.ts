/** The description of the API, OpenAPI 3.1, made from the routes and from the schemas of what they take and answer. */
import { type JsonSchema, toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import type { Result } from "../../results/result.ts";
import { VERSION } from "../../version.ts";
import type { Route } from "../listen/route.ts";

const problemSchema = v.object({
  type: v.literal("about:blank"),
  title: v.pipe(v.string(), v.description("what the status means")),
  status: v.pipe(v.number(), v.integer()),
  detail: v.pipe(v.string(), v.description("what happened, and where")),
  hint: v.optional(v.pipe(v.string(), v.description("what to do"))),
  request: v.pipe(v.string(), v.description("the request's id, as in the log and the trail")),
});

/** The whole description. */
export function openApi(routes: readonly Route[]): object {
  const results = routes.flatMap(({ answers }) => ("schema" in answers ? [answers] : []));
  return {
    openapi: "3.1.0",
    info: {
      title: "contextcore",
      version: VERSION,
      description:
        "What contextcore does, over HTTP. Answers are as the command line prints them with --json.",
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/" }],
    paths: Object.fromEntries(
      [...Map.groupBy(routes, ({ path }) => path)].map(([path, all]) => [
        path.replaceAll(/:(\w+)/g, "{$1}"),
        Object.fromEntries(all.map((route) => [route.method.toLowerCase(), operation(route)])),
      ]),
    ),
    components: {
      schemas: Object.fromEntries([
        ["Problem", jsonSchema(problemSchema, "output")],
        ...results.map((result) => [nameOf(result), resultSchema(result)]),
      ]),
      responses: {
        Problem: {
          description: "what is wrong, and what to do",
          content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
        },
      },
      securitySchemes: {
        token: { type: "http", scheme: "bearer", description: "made by contextcore serve token add" },
        session: { type: "apiKey", in: "cookie", name: "contextcore", description: "begun with a token" },
      },
    },
  };
}

/** `snapshots.list` as a part of a reference. */
const nameOf = ({ name, version }: Result): string => `${name}.v${version}`;

const jsonSchema = (schema: v.GenericSchema, typeMode: "input" | "output"): JsonSchema => {
  const { $schema: _, ...rest } = toJsonSchema(schema, {
    target: "draft-2020-12",
    typeMode,
    errorMode: "ignore",
  });
  return rest;
};

function resultSchema({ name, version, about, schema }: Result): object {
  const { properties, required = [], ...rest } = jsonSchema(schema, "output");
  const head = {
    type: "object",
    properties: { name: { const: name }, version: { const: version } },
    required: ["name", "version"],
  };
  return {
    ...rest,
    description: about,
    properties: { schema: head, ...properties },
    required: ["schema", ...required],
  };
}

function operation(route: Route): object {
  const { method, path, role, about, body, status = 200 } = route;
  const [, first = ""] = /^\/api\/(?:v1\/)?([\w-]+)/.exec(path) ?? [];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-z]+([a-z])/g, (_, letter) => letter.toUpperCase())}`,
    summary: about,
    ...(first === "" ? {} : { tags: [first] }),
    ...(role === "open" ? { security: [] } : { security: securityOf(role) }),
    ...parametersOf(route),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { "application/json": { schema: jsonSchema(body, "input") } },
          },
        }),
    responses: {
      [status]: { description: about, ...contentOf(route) },
      default: { $ref: "#/components/responses/Problem" },
    },
    "x-role": role,
  };
}

/** Of what is `local`, this machine needs no token. */
const securityOf = (role: Route["role"]): object[] => [
  { token: [] },
  { session: [] },
  ...(role === "local" ? [{}] : []),
];

function parametersOf({ path, query }: Route): object {
  const named = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  const { properties = {}, required = [] } = query === undefined ? {} : jsonSchema(query, "input");
  const asked = Object.entries(properties).map(([name, schema]) => {
    const { description, ...rest } = typeof schema === "boolean" ? {} : schema;
    return {
      name,
      in: "query",
      required: required.includes(name),
      schema: rest,
      ...(description ? { description } : {}),
    };
  });
  const all = [...named, ...asked];
  return all.length === 0 ? {} : { parameters: all };
}

function contentOf({ answers }: Route): object {
  if ("schema" in answers)
    return {
      content: { "application/json": { schema: { $ref: `#/components/schemas/${nameOf(answers)}` } } },
    };
  return answers.length === 0 ? {} : { content: Object.fromEntries(answers.map((type) => [type, {}])) };
}
