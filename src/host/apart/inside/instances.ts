/** The open instances in a plugin's process, and the calls to them. */
import * as v from "valibot";
import type { Context, OptionsSchema, Plugin } from "../../../contract/contract.ts";
import { given } from "../../../units/given.ts";
import { callMethod, methodOf } from "../../hooks/members.ts";
import { cutMessage, HOOKS, hookSchema, type OpenInput, openSchema } from "../messages.ts";
import { createClient } from "./client.ts";
import { createMatching, type Handles } from "./matching.ts";
import type { Outside } from "./outside.ts";
import { createStreams } from "./streams.ts";
import { withBytes } from "./with-bytes.ts";

interface Instance {
  readonly face: object;
  /** Hooks that are called differently across processes. */
  readonly handles: Handles;
  readonly tellTime: (now: bigint) => void;
}

type Request = (input: unknown, signal: AbortSignal) => Promise<unknown>;

/** The handlers of `open` and `hook` for one plugin. */
export function createInstances(outside: Outside): {
  use(loaded: Plugin): void;
  open: Request;
  hook: Request;
} {
  const instances = new Map<number, Instance>();
  let plugin: Plugin | undefined;
  return {
    use: (loaded) => {
      plugin = loaded;
    },
    async open(input) {
      const asked = v.parse(openSchema, input);
      if (plugin === undefined) throw new Error("no plugin was loaded");
      const options = v.safeParse(plugin.options, asked.options);
      if (!options.success) return { issues: options.issues.map(issueOf), has: [] };
      const instance = openOne(plugin, asked, options.output, outside);
      instances.set(asked.instance, instance);
      return openedAs(asked.face, instance);
    },
    async hook(input, signal) {
      const { instance, hook, args, now } = v.parse(hookSchema, input);
      const found = instances.get(instance);
      if (found === undefined) throw new Error(`there is no instance ${instance}`);
      found.tellTime(now);
      const own = found.handles[hook];
      if (own !== undefined) return own(args, signal);
      const answer = await callMethod(found.face, hook, [...args, signal]);
      return hook === "export.step" ? withBytes(answer) : answer;
    },
  };
}

const issueOf = (issue: v.BaseIssue<unknown>) => ({
  type: issue.type,
  message: issue.message,
  expected: issue.expected,
  received: issue.received,
  path: (issue.path ?? []).map(({ key }) => ({ key: typeof key === "number" ? key : String(key) })),
});

type Options = v.InferOutput<OptionsSchema>;

function openOne(plugin: Plugin, asked: OpenInput, options: Options, outside: Outside): Instance {
  let offset = 0n;
  const tellTime = (now: bigint): void => {
    offset = now - systemClock();
  };
  tellTime(asked.now);
  const { instance, url, stepBytes } = asked;
  const log = (level: string) => (message: string) =>
    outside.note("log", { instance, level, message: cutMessage(String(message)) });
  const context: Context<Options> = {
    options,
    http: createClient({
      plugin: plugin.name,
      instance,
      url,
      timeout: asked.timeout ?? options.timeout,
      tellTime,
      outside,
    }),
    log: { debug: log("debug"), info: log("info"), warn: log("warn") },
    clock: () => systemClock() + offset,
    limits: { stepBytes },
  };
  const face = faceOf(plugin, asked.face, context);
  const handles = { ...createMatching(face, outside), ...createStreams(asked.face, face, outside) };
  return { face, handles, tellTime };
}

const systemClock = (): bigint => BigInt(Date.now()) * 1_000_000n;

function faceOf({ name, ...plugin }: Plugin, face: OpenInput["face"], context: Context<Options>): object {
  const opened: unknown = plugin[face]?.(context);
  if (typeof opened !== "object" || opened === null) throw new Error(`${name} did not return a ${face}`);
  return opened;
}

function openedAs(face: OpenInput["face"], instance: Instance) {
  const dataOf = (part: string, name: string): unknown =>
    Reflect.get(Object(Reflect.get(instance.face, part)), name);
  const order = dataOf("restore", "order");
  const selects = dataOf("export", "heeds");
  const adds = dataOf("restore", "heeds");
  const continues = dataOf("export", "continues");
  const has = HOOKS[face].filter((hook) => methodOf(instance.face, hook) !== undefined);
  return { has, ...given({ order, selects, adds, continues }) };
}
