/** Starts a plugin's process with the plugin loaded, and handles what that process may ask of this one. */
import { realpathSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import type { Context } from "../../contract/contract.ts";
import { visible } from "../../units/visible.ts";
import { DeclarationError } from "../plugin/declaration.ts";
import type { Location } from "../plugin/locate.ts";
import type { PluginFiles } from "../trust/files.ts";
import { addStray } from "../trust/stray-modules.ts";
import { type Child, type ChildOptions, LostChild, startChild } from "./child.ts";
import { createHttpService } from "./http-service.ts";
import {
  declaredSchema,
  logSchema,
  straySchema,
  streamSchema,
  type ToldDeclaration,
  toldSchema,
} from "./messages.ts";
import { copyPrivately } from "./private-copy.ts";

/** The limits of a plugin's process. */
export interface Bounds {
  /** Time limit for loading and for opening. ms */
  readonly loadMs: number;
  /** How long it may block without a pause. ms */
  readonly silentMs: number;
  /** Memory limit, bytes. */
  readonly memoryMax: number;
}

/** Which plugin is to be loaded into a process, with its trusted files, and within which limits. */
export interface Launch extends Bounds {
  readonly location: Location;
  readonly files: PluginFiles;
  /** Receives a line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/** What an instance in the process gets from here. */
interface Given {
  readonly context: Context<unknown>;
  /** Redacts its secrets. */
  readonly redact: (text: string) => string;
}

/** What the process may ask for, by the numbers it uses. */
interface Known {
  name: string;
  /** Where the plugin's code was copied to. Messages name the original paths instead. */
  code: string;
  readonly given: Map<number, Given>;
  readonly shown: Map<number, AsyncIterator<unknown>>;
}

/** A process with the plugin loaded. */
export interface Process {
  readonly child: Child;
  readonly declared: ToldDeclaration;
  /** Time limit for opening an instance. */
  readonly openMs: number;
  /** From now on the process may make requests for this instance. */
  admit(instance: number, given: Given): void;
  /** Registers data that a hook receives in pieces, by its number, until the result is called. */
  show(id: number, pieces: AsyncIterator<unknown>): () => void;
}

/**
 * Starts a process and loads the plugin in it.
 * @throws DeclarationError naming the file
 */
export async function launch(options: Launch): Promise<Process> {
  const { location, files, loadMs } = options;
  const known: Known = { name: location.spec, code: "", given: new Map(), shown: new Map() };
  const prepare = (place: string): void => {
    known.code = place;
    copyPrivately(place, location, files);
  };
  const child = await startChild({
    ...options,
    prepare,
    title: location.spec,
    ...waysOut(options.say, known),
  });
  try {
    const at = (path: string): string => join(known.code, realpathSync(path));
    const copies = [...files.paths].map(([path, hash]) => [join(known.code, path), hash] as const);
    const { spec } = location;
    const [entry, root] = [at(location.entry), at(location.root)];
    const input = { entry, root, spec, files: copies, limitMs: loadMs };
    const declared = v.parse(declaredSchema, await child.callWithin(loadMs + GRACE_MS, "load", input));
    known.name = declared.name;
    return {
      child,
      declared,
      openMs: loadMs,
      admit: (instance, given) => void known.given.set(instance, given),
      show: (id, pieces) => {
        known.shown.set(id, pieces);
        return () => void known.shown.delete(id);
      },
    };
  } catch (error) {
    await child.end();
    throw loading(location, error, known);
  }
}

/** A module that waits for ever is reported by the process itself; a process that cannot even do that gets this long. ms */
const GRACE_MS = 1_000;

/** A message in which the paths of the copies are those of the original files. */
const named = ({ code }: Known, text: string): string => (code === "" ? text : text.replaceAll(code, ""));

function loading({ entry }: Location, error: unknown, known: Known): Error {
  if (error instanceof LostChild)
    return Object.assign(new DeclarationError(`the plugin ${entry} does not load: it ${error.message}`), {
      cause: error,
    });
  if (error instanceof v.ValiError)
    return new DeclarationError(
      `the plugin ${entry} cannot be used: its declaration is too large or not valid`,
    );
  if (!(error instanceof Error))
    return new DeclarationError(`the plugin ${entry} does not load: ${String(error)}`);
  const hint = "hint" in error && typeof error.hint === "string" ? error.hint : undefined;
  const isTold = error.name === "DeclarationError";
  return new DeclarationError(
    named(known, isTold ? error.message : `the plugin ${entry} does not load: ${error.message}`),
    hint,
  );
}

/** No honest process logs more lines. */
const TOLD_MAX = 10_000;
/** Limit for all lines together, to protect whatever stores them. characters */
const TOLD_CHARACTERS_MAX = 4 << 20;
/** Each one is an event in the trail. */
const STRAYS_MAX = 20;

/** What the process may request and report. */
function waysOut(
  say: (line: string) => void,
  known: Known,
): Pick<ChildOptions, "handlers" | "onPrinted" | "onGone"> {
  const given = (instance: number): Given => {
    const found = known.given.get(instance);
    if (found === undefined) throw new Error(`there is no instance ${instance}`);
    return found;
  };
  const service = createHttpService((instance) => given(instance).context);
  const hidden = (text: string): string =>
    named(
      known,
      [...known.given.values()].reduce((rest, { redact }) => redact(rest), text),
    );
  const count = { told: 0, characters: 0, strays: 0 };
  /** Each line separately: without the plugin's name in front, a line would pass for the program's own. */
  const tell = (message: string, tellLine: (line: string) => void): void => {
    for (const line of message.split("\n")) {
      count.told += 1;
      count.characters += line.length;
      if (count.told <= TOLD_MAX && count.characters <= TOLD_CHARACTERS_MAX) tellLine(visible(line));
    }
  };
  const log = (note: unknown): void => {
    const { instance, level, message } = v.parse(logSchema, note);
    const { context, redact } = given(instance);
    tell(named(known, redact(message)), context.log[level]);
  };
  const unhandled = (note: unknown): void =>
    tell(hidden(v.parse(toldSchema, note)), (line) =>
      say(`warn: ${known.name} left an error unhandled: ${line}`),
    );
  const stray = (note: unknown): void => {
    count.strays += 1;
    const path = visible(named(known, v.parse(straySchema, note).path));
    if (count.strays <= STRAYS_MAX) addStray({ plugin: known.name, path });
  };
  return {
    handlers: {
      calls: { ...service.calls, "stream.next": async (input) => nextPiece(known, input) },
      notes: { log, stray, unhandled },
    },
    onPrinted: (line) => say(`warn: ${known.name} printed: ${hidden(visible(line))}`),
    onGone: service.end,
  };
}

async function nextPiece({ shown }: Known, input: unknown): Promise<readonly unknown[]> {
  const { stream } = v.parse(streamSchema, input);
  const next = await shown.get(stream)?.next();
  return next?.done === false ? [next.value] : [];
}
