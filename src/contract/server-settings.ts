/** What a server says of its own settings, and what those limit. */
import { parseBytes } from "../units/bytes.ts";
import { parseDuration } from "../units/duration.ts";
import { given } from "../units/given.ts";
import type { Limit } from "./backend.ts";

/**
 * Settings by their names. A value in an unknown form counts as absent: whatever depends on it is then not reported. Each
 * method takes further names that other versions of the server use.
 */
export interface SettingsReader {
  text(...names: string[]): string | undefined;
  number(...names: string[]): number | undefined;
  flag(...names: string[]): boolean | undefined;
  /** ns */
  duration(...names: string[]): bigint | undefined;
  /** A duration that limits something, ns; `undefined` also where zero turns it off. */
  limit(...names: string[]): bigint | undefined;
  /** As programs in Go read sizes: a KB has 1,024 bytes. */
  bytes(...names: string[]): number | undefined;
  list(...names: string[]): readonly unknown[];
}

/** Reads settings. @param find the value of the first of these names that has one */
export function settingsReader(find: (...names: string[]) => unknown): SettingsReader {
  const text = (...names: string[]): string | undefined => {
    const value = find(...names);
    return ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
  };
  const read = <Value>(reader: (source: string) => Value) => {
    return (...names: string[]): Value | undefined => {
      const source = text(...names);
      try {
        return source === undefined ? undefined : reader(source);
      } catch {
        return undefined;
      }
    };
  };
  const duration = read(parseDuration);
  return {
    text,
    number: read(toNumber),
    flag: read((source) => (source === "true" ? true : source === "false" ? false : undefined)),
    duration,
    limit: (...names) => duration(...names) || undefined,
    bytes: read((source) => parseBytes(source.replace(/([KMGT])B$/, "$1iB"))),
    list(...names) {
      const value = find(...names);
      return Array.isArray(value) ? value : [];
    },
  };
}

function toNumber(source: string): number | undefined {
  const number = source === "" ? Number.NaN : Number(source);
  return Number.isFinite(number) ? number : undefined;
}

/** The value at a path of names in a document, `limits_config.retention_period`; `undefined` where there is none. */
export const memberAt = (document: unknown, path: string): unknown =>
  path.split(".").reduce(memberOf, document) ?? undefined;

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;

/** What a setting does to an export or a restore at this value, and which value to set; `undefined` if it does nothing. */
export type LimitEffect = (value: string) => string | undefined;

/** An effect that the setting has unless zero turns it off. */
export const unlessOff =
  (effect: string): LimitEffect =>
  (value) =>
    isOff(value) ? undefined : effect;

/** True when this value of a limit turns it off: `0`, `0s`. */
export const isOff = (value: string): boolean => /^0+[a-z]*$/.test(value);

/**
 * The limits among these settings that the server shows.
 * @param effects by name; `undefined` for what is only worth recording
 * @param shown what the server says of a setting
 */
export const shownLimits = (
  effects: Readonly<Record<string, LimitEffect | undefined>>,
  shown: (setting: string) => unknown,
): Limit[] =>
  Object.entries(effects).flatMap(([setting, effectOf]) => {
    const value = String(shown(setting) ?? "");
    return value === "" ? [] : [{ setting, value, ...given({ effect: effectOf?.(value) }) }];
  });
