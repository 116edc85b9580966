/** Values that only this project knows. Nothing of a third party's is loaded, and no server is asked. */
import type { AuditEvent } from "../../audit/format/event.ts";
import type { Config } from "../../config/config.ts";
import { instancesOf } from "../../config/instances.ts";
import type { BuiltIn } from "../../host/built-in.ts";
import { readLock } from "../../host/trust/lock.ts";
import { BUILT_INS } from "../../registry.ts";
import { readKept } from "../../snapshot/catalog/kept.ts";
import { newestDrills } from "../../tasks/kept-drills.ts";
import { openStackTrail } from "../../tasks/stack/stack.ts";
import { formatBytes } from "../../units/bytes.ts";
import { minute } from "../../units/range.ts";
import { counted } from "../../units/words.ts";
import { callerOf, configOf } from "../caller.ts";
import type { Call } from "../command.ts";
import type { Candidate, FindValues } from "./candidates.ts";

const EVENTS_LOOKED_AT = 500;
const EVENTS_OFFERED = 20;
const DRILLS_OFFERED = 20;

/** A project that cannot be read offers nothing: pressing TAB is no time for errors. */
export const findValuesOf =
  (call: Call): FindValues =>
  async (kind) => {
    try {
      return await FIND[kind](await configOf(call), call);
    } catch {
      return [];
    }
  };

const builtIn = ({ name }: BuiltIn): Candidate => ({ word: name, about: "built-in" });

/** What they are is not looked at: that would run their code. */
const trusted = (directory: string): Candidate[] =>
  Object.entries(readLock(directory)).map(([source, { name }]) => ({ word: name, about: source }));

/** An instance is called by its own name; which of them have tenants is known where a server is asked. */
const instancesAs = ({ word, about }: Candidate, config: Config, onlyNamed = false): Candidate[] =>
  instancesOf(word, config, onlyNamed).map((name) => ({
    word: name,
    about: name === word ? about : `an instance of ${word}`,
  }));

const FIND: Readonly<
  Record<Parameters<FindValues>[0], (config: Config, call: Call) => Promise<Candidate[]>>
> = {
  async plugins({ directory }) {
    return [...BUILT_INS.map(builtIn), ...trusted(directory)];
  },

  async backends(config) {
    const loaded = await Promise.all(BUILT_INS.map(async (one) => ({ one, plugin: await one.load() })));
    const found = loaded.filter(
      ({ plugin }) => typeof plugin === "object" && plugin !== null && "backend" in plugin,
    );
    return [
      ...found.flatMap(({ one }) => instancesAs(builtIn(one), config, one.onlyNamed)),
      ...trusted(config.directory).flatMap((plugin) => instancesAs(plugin, config)),
    ];
  },

  async "third-parties"({ directory, plugins }) {
    const lock = readLock(directory);
    const unknown = plugins.filter((spec) => !Object.hasOwn(lock, spec));
    return [...trusted(directory), ...unknown.map((word) => ({ word, about: "not trusted" }))];
  },

  async rules() {
    const { backendSuite, sinkSuite } = await import("../../conformance/suite.ts");
    const rules = new Map([...backendSuite, ...sinkSuite].map(({ name, why }) => [name, why]));
    return [...rules].map(([word, about]) => ({ word, about }));
  },

  async snapshots({ backups }) {
    const { snapshots } = await readKept(backups);
    const kept = snapshots.toReversed().map(({ path, manifest }) => ({
      word: path.split(/[/\\]/).at(-1) ?? path,
      about: `${manifest.status}, ${formatBytes(manifest.bytes)}`,
    }));
    return [{ word: "latest", about: "the newest complete one, with those that it continues" }, ...kept];
  },

  async places({ stores }) {
    return Object.entries(stores).map(([word, { plugin }]) => ({ word, about: plugin ?? word }));
  },

  async drills({ directory }) {
    const { drills } = newestDrills(directory, DRILLS_OFFERED);
    return drills.map((one) => ({
      word: one.name,
      about: "report" in one ? one.report.verdict : one.problem,
    }));
  },

  async "snapshots-or-places"(config, call) {
    return [...(await FIND.places(config, call)), ...(await FIND.snapshots(config, call))];
  },

  /** The newest first, by id and by number. */
  async events(config, call) {
    await using trail = openStackTrail(callerOf(call), config);
    const events = (await trail.newest({ limit: EVENTS_OFFERED })).toReversed();
    const about = ({ timestamp, operation, outcome }: AuditEvent): string =>
      `${minute(timestamp)} UTC, ${operation} ${outcome}`;
    return [
      ...events.map((event) => ({ word: event.id, about: `${about(event)}, number ${event.seq}` })),
      ...events.map((event) => ({ word: String(event.seq), about: about(event) })),
    ];
  },

  async operations(config, call) {
    await using trail = openStackTrail(callerOf(call), config);
    const events = await trail.newest({ limit: EVENTS_LOOKED_AT });
    const counts = Map.groupBy(events, ({ operation }) => operation);
    return [...counts].map(([word, some]) => ({ word, about: counted(some.length, "event") }));
  },
};
