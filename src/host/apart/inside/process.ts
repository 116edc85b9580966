/** A plugin's process: it loads the given plugin, opens it, calls its hooks, and ends when nobody needs it any more. */

import { fstatSync, writeFileSync } from "node:fs";
import * as v from "valibot";
import type { Plugin } from "../../../contract/contract.ts";
import { messageOf } from "../../../units/message-of.ts";
import { clearEnvironment } from "../environment.ts";
import { cutMessage, FACES, type LoadInput, loadSchema, type ToldDeclaration } from "../messages.ts";
import { shapeOf } from "../option-shape.ts";
import { createPeer, type Handlers } from "../peer.ts";
import { BEAT_MS, SOCKET_FD } from "../word.ts";
import { createInstances } from "./instances.ts";
import { serveLab } from "./lab-part.ts";
import { loadPlugin } from "./load.ts";

/** More concurrent calls than the core ever makes to one plugin. */
const CALLS_MAX = 10_000;

/** Never resolves: the process ends with its parent. @throws Error when it was not started as a plugin's process */
export async function runPluginProcess(): Promise<never> {
  if (!isSocket(SOCKET_FD)) throw new Error("only contextcore itself starts the process of a plugin");
  // Before any plugin code runs, keep references to what that code may change.
  const exit = process.exit.bind(process);
  const { rss } = process.memoryUsage;
  clearEnvironment(process.env);
  beKilledFirst();
  const instances = createInstances({
    call: (name, input, signal) => peer.call(name, input, signal),
    note: (name, value) => peer.note(name, value),
  });
  const calls: Handlers["calls"] = {
    load: async (input) => {
      const plugin = await load(v.parse(loadSchema, input), (path) => peer.note("stray", { path }));
      instances.use(plugin);
      return declaredOf(plugin);
    },
    open: instances.open,
    hook: instances.hook,
    lab: serveLab,
  };
  const handlers = { calls, notes: {} };
  const peer = await createPeer(SOCKET_FD, {
    callsMax: CALLS_MAX,
    // Its memory is watched from outside.
    unsentMax: Number.POSITIVE_INFINITY,
    onEnd: () => exit(0),
    handlers,
  });
  const beat = (): void => peer.note("beat", rss());
  beat();
  setInterval(beat, BEAT_MS);
  tellUnhandled((message) => peer.note("unhandled", cutMessage(message)));
  return new Promise(() => undefined);
}

const load = ({ entry, root, spec, files, limitMs }: LoadInput, onStray: (path: string) => void) =>
  loadPlugin({ entry, root, spec }, { files: new Map(files), onStray, limitMs });

/** Everything declared that is data; functions stay here, so of them only their names are told. */
function declaredOf({ options, backend, sink, store, ...data }: Plugin): ToldDeclaration {
  const opening = { backend, sink, store };
  return {
    ...data,
    faces: FACES.filter((face) => opening[face] !== undefined),
    options: Object.entries(options.entries).map(([key, schema]) => [key, shapeOf(schema)]),
  };
}

/** An unhandled rejection, or a throw in a timer, is reported and otherwise ignored. */
function tellUnhandled(tell: (message: string) => void): void {
  const said = (error: unknown): void => tell(messageOf(error));
  process.on("unhandledRejection", said);
  process.on("uncaughtException", said);
}

function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

/** If the machine runs out of memory, this process should be the one to go. */
function beKilledFirst(): void {
  if (process.platform !== "linux") return;
  try {
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Some systems do not allow it; the parent's own memory limit applies anyway.
  }
}
