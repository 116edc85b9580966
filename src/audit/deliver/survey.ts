import { newestSeq } from "../journal/segments.ts";
import { readSinkStates, type SinkState, sinksFolder } from "./state.ts";

/** One sink, as `audit sinks` shows it. */
export interface SinkSurvey {
  readonly name: string;
  readonly configured: boolean;
  /** How many events it has not received yet; absent for a sink that has never been used. */
  readonly waiting?: number;
  readonly state?: SinkState;
}

/**
 * Every sink that is or once was configured.
 * @throws TrailError when the trail, or what is known of a sink, cannot be read
 */
export function surveySinks(file: string, configured: readonly string[]): readonly SinkSurvey[] {
  const states = readSinkStates(sinksFolder(file));
  const newest = newestSeq(file);
  const known = states.map((state) => ({
    name: state.name,
    configured: configured.includes(state.name),
    waiting: Math.max(0, newest - state.after),
    state,
  }));
  const fresh = configured.filter((name) => !states.some((state) => state.name === name));
  return [...known, ...fresh.map((name) => ({ name, configured: true }))];
}
