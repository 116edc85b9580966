/** The child process's server: a lab on 127.0.0.1, in front of which the check puts its faults. */
import * as v from "valibot";
import type { Lab, LabServer } from "../../../contract/lab.ts";
import { given } from "../../../units/given.ts";
import { DeclarationError } from "../../plugin/declaration.ts";
import { ARRIVED_PATH, labSchema, type Served } from "../messages.ts";
import { importModule } from "./load.ts";

const isFunction = v.custom<() => unknown>((value) => typeof value === "function", "is not a function");
const madeSchema = v.object({
  filled: isFunction,
  empty: v.optional(isFunction),
  subject: v.optional(v.object({ id: v.string(), where: v.string() })),
  match: v.optional(v.string()),
});
const serverSchema = v.object({ fetch: isFunction, arrived: v.optional(isFunction) });

/** Starts the requested lab. @throws DeclarationError when there is none */
export async function serveLab(input: unknown): Promise<Served> {
  const { path, name = "", where, limitMs, emptyOnly } = v.parse(labSchema, input);
  const lab =
    path === undefined ? await packed(name) : defaultOf(await importModule(path, limitMs, "the lab"));
  requireLab(lab, where);
  const empty = lab.empty === undefined ? undefined : await serve(await lab.empty(), where);
  const filled = (emptyOnly && empty) || (await serve(await lab.filled(), where));
  return {
    filled: filled.url,
    arrived: filled.arrived,
    ...given({ subject: lab.subject, match: lab.match, empty: empty?.url }),
  };
}

async function packed(name: string): Promise<unknown> {
  const { loadPackedLab } = await import("./packed-lab.ts");
  return loadPackedLab(name);
}

const defaultOf = (module: unknown): unknown =>
  typeof module === "object" && module !== null ? Reflect.get(module, "default") : undefined;

async function serve(server: LabServer, where: string): Promise<{ url: string; arrived: boolean }> {
  requireServer(server, where);
  const started = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    idleTimeout: 0,
    development: false,
    fetch: (request) => {
      const asksForArrived = server.arrived !== undefined && new URL(request.url).pathname === ARRIVED_PATH;
      return asksForArrived ? Response.json(server.arrived?.()) : server.fetch(request);
    },
    error: (error) => new Response(`the lab failed: ${error.message}`, { status: 500 }),
  });
  return { url: `http://127.0.0.1:${started.port}`, arrived: server.arrived !== undefined };
}

const HINT =
  "Its default export must come from defineLab: `contextcore plugin new NAME --server` writes an example.";

function requireLab(lab: unknown, where: string): asserts lab is Lab {
  if (!v.is(madeSchema, lab)) throw new DeclarationError(`${where} exports no lab with \`filled\``, HINT);
}

function requireServer(server: unknown, where: string): asserts server is LabServer {
  if (!v.is(serverSchema, server))
    throw new DeclarationError(`${where} makes no server with \`fetch\``, HINT);
}
