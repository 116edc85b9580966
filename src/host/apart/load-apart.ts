/** Loads a third-party plugin in its own process: here there is only its declaration, and a way to open it there. */
import * as v from "valibot";
import type { Backend, Context, Plugin, Sink, Store } from "../../contract/contract.ts";
import type { FaceName } from "../hooks/table.ts";
import type { Options } from "../plugin/context.ts";
import { checkDeclaration, DeclarationError } from "../plugin/declaration.ts";
import { backendIn, sinkIn, storeIn } from "./faces.ts";
import { type Instance, openInstance } from "./instance.ts";
import { type Launch, launch, type Process } from "./launch.ts";
import type { ToldDeclaration } from "./messages.ts";
import { standIn } from "./option-shape.ts";
import { createRunner, type Runner } from "./runner.ts";

/** What a plugin is opened with. */
export interface OpeningApart {
  readonly context: Context<Options>;
  /** Redacts secret options. */
  readonly redact: (text: string) => string;
  /** Time limit of one call to the server, a duration as written. */
  readonly timeout?: string;
}

/** The processes of a third-party plugin. */
export interface Apart {
  /** Opens it. @throws OptionsRefused, or what the plugin throws */
  backend(opening: OpeningApart): Promise<Backend>;
  sink(opening: OpeningApart): Promise<Sink>;
  store(opening: OpeningApart): Promise<Store>;
  /** How its processes were lost so far. */
  lost(): readonly Error[];
  /** Ends all of them; open instances start a new one when called. */
  end(): Promise<void>;
}

interface ApartOptions extends Launch {
  /** Opens everything in one process, for a check; otherwise each instance has its own process and sees no other's options. */
  readonly shared?: boolean;
}

/**
 * Starts a process, loads the plugin in it, and checks its declaration.
 * @throws DeclarationError that names the file
 */
export async function loadApart(
  options: ApartOptions,
): Promise<{ readonly plugin: Plugin; readonly apart: Apart }> {
  const first = await launch(options);
  try {
    const plugin = pluginFrom(first.declared, options);
    return { plugin, apart: processesOf(plugin, first, options) };
  } catch (error) {
    await first.child.end();
    throw error;
  }
}

function processesOf(plugin: Plugin, first: Process, options: ApartOptions): Apart {
  const runners: Runner[] = [];
  const start = () => launch(options);
  let spare: Process | undefined = first;
  const runner = async (): Promise<Runner> => {
    const [known] = runners;
    if (options.shared && known !== undefined) return known;
    const process = spare ?? (await start());
    spare = undefined;
    const created = createRunner(start, process);
    runners.push(created);
    return created;
  };
  const open = async (face: FaceName, opening: OpeningApart): Promise<Instance> =>
    openInstance(await runner(), { face, schema: plugin.options, ...opening });
  return {
    backend: async (opening) => backendIn(await open("backend", opening), plugin.name),
    sink: async (opening) => sinkIn(await open("sink", opening), plugin.name),
    store: async (opening) => storeIn(await open("store", opening), plugin.name),
    lost: () => runners.flatMap((one) => one.lost),
    async end() {
      await spare?.child.end();
      spare = undefined;
      await Promise.all(runners.map((one) => one.end()));
    },
  };
}

/** The declaration as an ordinary value; only its own process can open it. */
function pluginFrom({ faces, options, ...said }: ToldDeclaration, { location }: Launch): Plugin {
  const open = (): never => {
    throw new Error(`${said.name} is opened in a process of its own`);
  };
  const entries = Object.fromEntries(options.map(([name, shape]) => [name, standIn(shape)]));
  const declared = {
    ...said,
    options: v.object(entries),
    ...Object.fromEntries(faces.map((face) => [face, open])),
  };
  try {
    return checkDeclaration(declared, "third-party");
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error;
    throw new DeclarationError(`the plugin ${location.entry} cannot be used: ${error.message}`, error.hint);
  }
}
