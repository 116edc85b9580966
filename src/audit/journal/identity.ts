import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Actor } from "../format/event.ts";

/** Who is recorded: the user, as the system or the service names them, and the host. */
export interface Identity extends Partial<Actor> {
  readonly user: string;
  readonly host: string;
}

/** What an actor does is recorded under their name, on this host. */
export const identityOf = (actor: Actor): Identity => ({ ...actor, host: hostname() });

/** Who runs this process, by the system's user id, because environment variables can be set to anything. */
export const ownIdentity = (): Identity => ({ user: userName(), host: hostname() });

function userName(): string {
  const uid = process.getuid?.();
  if (uid === undefined) return process.env.USERNAME || "unknown"; // Windows
  return nameInPasswd(uid) ?? nameFromSystem() ?? `uid-${uid}`;
}

function nameInPasswd(uid: number): string | undefined {
  try {
    const lines = readFileSync("/etc/passwd", "utf8").split("\n");
    return lines.map((line) => line.split(":")).find((fields) => fields[2] === String(uid))?.[0];
  } catch {
    return undefined;
  }
}

/** Directory services know users that are not in /etc/passwd. */
function nameFromSystem(): string | undefined {
  try {
    return Bun.spawnSync(["id", "-un"], { stderr: "ignore" }).stdout.toString().trim() || undefined;
  } catch {
    return undefined;
  }
}
