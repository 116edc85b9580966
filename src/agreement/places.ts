/** The claims of one setting: the places that it leads to, and the secrets that it passes on. */
import { resolve } from "node:path";
import type { Config } from "../config/config.ts";
import { referencesIn } from "../config/secrets.ts";
import { readNamedText } from "../storage/own-file.ts";
import { realPath } from "../storage/real-path.ts";
import type { Claim } from "./claim.ts";
import { isLoopback } from "./loopback.ts";
import { isBelow, isInside } from "./outside.ts";
import { addressText, expanded, serverText } from "./shown.ts";

/** One setting, as far as its claims are concerned. */
export interface ConfiguredText {
  readonly key: string;
  /** As written, with variables not yet replaced. */
  readonly text: string;
  /** Whether it comes from the project's file. What the user sets by flag or variable needs no agreement. */
  readonly isFile: boolean;
  readonly secret?: boolean;
}

/** The project that the settings belong to. */
type Project = Pick<Config, "directory" | "env">;

/**
 * The claim of an address; none if it stays on this machine. An address in a secret's file counts as the project's if that
 * file belongs to the project, and as the user's otherwise.
 */
export function addressClaims(
  { key, text, isFile, secret = false }: ConfiguredText,
  project: Project,
): Claim[] {
  const { env, directory } = project;
  const file = secret ? secretFile(expanded(text, env)) : undefined;
  if (!isFile || isLoopback(expanded(text, env))) return [];
  if (file === undefined) return [{ kind: "address", key, value: addressText(text, env, secret) }];
  if (!isInside(resolve(directory, file), directory)) return [];
  const said = textOf(resolve(directory, file));
  return [{ kind: "address", key, value: said === undefined ? file : addressText(said, {}, secret) }];
}

/** The receiver that an address names, if it is beyond this machine. */
export function receiverOf({ text, secret = false }: ConfiguredText, { env, directory }: Project): string[] {
  const written = expanded(text, env);
  const file = secret ? secretFile(written) : undefined;
  if (file === undefined) return isLoopback(written) ? [] : [serverText(text, env)];
  const path = resolve(directory, file);
  const said = isInside(path, directory) ? textOf(path) : undefined;
  return [said === undefined ? `the address in ${file}` : serverText(said, {})];
}

/** Longer than any address, bytes. */
const ADDRESS_MAX = 65_536;

/** A file's text, if it is a regular file and can be read. */
function textOf(path: string): string | undefined {
  try {
    return readNamedText(path, ADDRESS_MAX).trimEnd();
  } catch {
    return undefined;
  }
}

/**
 * The claim of a path; none if it stays in the project. The user's own setting may lead anywhere, but not through one of the
 * project's links.
 * @param base the directory that a relative path starts from
 */
export function pathClaims({ key, text, isFile }: ConfiguredText, project: Project, base: string): Claim[] {
  const written = expanded(text, project.env);
  const path = resolve(base, written);
  if (isFile && isWinding(written)) return [{ kind: "outside", key, value: written }];
  if (isInside(path, project.directory)) return [];
  if (!isFile && !isBelow(path, project.directory)) return [];
  return [{ kind: "outside", key, value: realPath(path) }];
}

/** Whether it contains `name/..`. If `name` is a link, only the system knows where that leads. */
const isWinding = (path: string): boolean =>
  /(^|[/\\])(?!\.{1,2}[/\\])[^/\\]+[/\\]+(\.[/\\]+)*\.\.([/\\]|$)/.test(path);

/** `file:/run/secrets/token` as a secret's value: the path. */
const secretFile = (text: string): string | undefined =>
  text.startsWith("file:") ? text.slice("file:".length).replace(/^\/\//, "") : undefined;

/**
 * The claims of the variables that a setting names, and of a secret's file. If nothing leaves this machine, a file outside
 * the project is only read.
 * @param to the receivers beyond this machine, or third-party plugins; empty: the secrets stay here
 */
export function secretClaims(
  { key, text, secret }: ConfiguredText,
  project: Project,
  to: readonly string[],
): Claim[] {
  const file = secret === true ? secretFile(expanded(text, project.env)) : undefined;
  const read = { key, text: file ?? "", isFile: true };
  const outside = file === undefined ? [] : pathClaims(read, { ...project, env: {} }, project.directory);
  if (to.length === 0) return outside;
  const files =
    outside.length > 0 || file === undefined ? outside.map(({ value }) => value) : [`file:${file}`];
  const names = referencesIn(text).map((name) => `\${${name}}`);
  return [...files, ...names].map((value): Claim => ({ kind: "secret", key, value, to }));
}

/** Every text in a setting's value, by its dotted key. A number or a boolean leads nowhere. */
export function textsIn(value: unknown, key: string): Pick<ConfiguredText, "key" | "text">[] {
  if (typeof value === "string") return [{ key, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) => textsIn(item, `${key}.${name}`));
}
