/** Who may call the API: tokens, of which only their SHA-256 is kept. */
import type { Database } from "bun:sqlite";
import { randomBytes, timingSafeEqual } from "node:crypto";
import * as v from "valibot";
import { UsageError } from "../../tasks/task/errors.ts";
import { ROLES, type Role } from "../listen/route.ts";

/** What is known of a token. Times are ms since 1970. */
export interface Token {
  readonly name: string;
  readonly role: Role;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  readonly usedAt: number | null;
  readonly revokedAt: number | null;
}

const rowSchema = v.object({
  name: v.string(),
  role: v.picklist(ROLES),
  sha256: v.instance(Uint8Array),
  createdAt: v.number(),
  expiresAt: v.nullable(v.number()),
  usedAt: v.nullable(v.number()),
  revokedAt: v.nullable(v.number()),
});

const COLUMNS =
  "name, role, sha256, created_at AS createdAt, expires_at AS expiresAt, used_at AS usedAt, revoked_at AS revokedAt";

/** How every token begins, so that it is known wherever it turns up. */
const PREFIX = "cct_";

/** @returns its SHA-256 */
const digest = (text: string): Buffer => new Bun.CryptoHasher("sha256").update(text).digest();

/** A new secret: 32 random bytes. */
export const newSecret = (): string => randomBytes(32).toString("base64url");

/** What a token is made of. */
interface NewToken {
  readonly name: string;
  readonly role: Role;
  readonly expiresAt?: number | undefined;
}

/** Makes a token. @returns its text, which is not kept @throws UsageError when one of this name is in use */
export function addToken(database: Database, { name, role, expiresAt }: NewToken): string {
  const text = `${PREFIX}${newSecret()}`;
  const made = database
    .query(
      `INSERT INTO tokens (name, role, sha256, created_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)
       ON CONFLICT (name) DO UPDATE SET role = ?2, sha256 = ?3, created_at = ?4, expires_at = ?5, used_at = NULL, revoked_at = NULL
       WHERE revoked_at IS NOT NULL OR expires_at <= ?4`,
    )
    .run(name, role, digest(text), Date.now(), expiresAt ?? null);
  if (made.changes > 0) return text;
  throw new UsageError(`there is a token ${name} already`, `contextcore serve token revoke ${name} ends it`);
}

/** All tokens, also those that are revoked, by name. */
export const listTokens = (database: Database): Token[] =>
  database.query(`SELECT ${COLUMNS} FROM tokens ORDER BY name`).all().map(tokenOf);

/** Whether anybody can sign in as an admin. */
export const hasAdmin = (database: Database): boolean =>
  listTokens(database).some((one) => one.role === "admin" && isValid(one));

/** Ends a token. @returns false when there is none of this name that is not revoked yet */
export const revokeToken = (database: Database, name: string): boolean =>
  database
    .query("UPDATE tokens SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL")
    .run(Date.now(), name).changes > 0;

/** How exactly it is known when a token was last used, ms. */
const USED_MS = 60_000;

/** The token of this text, if it still is one. */
export function validToken(database: Database, text: string): Token | undefined {
  const sha256 = digest(text);
  const row = database.query(`SELECT ${COLUMNS} FROM tokens WHERE sha256 = ?`).get(sha256);
  if (row === null) return undefined;
  const { sha256: kept } = v.parse(rowSchema, row);
  const token = tokenOf(row);
  if (!timingSafeEqual(kept, sha256) || !isValid(token)) return undefined;
  noteUse(database, token);
  return token;
}

/** The token of this name, if it still is the one that was made then. */
export function sameToken(database: Database, { name, createdAt }: Token): Token | undefined {
  const row = database.query(`SELECT ${COLUMNS} FROM tokens WHERE name = ?`).get(name);
  const token = row === null ? undefined : tokenOf(row);
  return token !== undefined && token.createdAt === createdAt && isValid(token) ? token : undefined;
}

/** That it is not known when a token was used is no reason to refuse it: the disk may be full. */
function noteUse(database: Database, { name, usedAt }: Token): void {
  const now = Date.now();
  if (usedAt !== null && now - usedAt < USED_MS) return;
  try {
    database.query("UPDATE tokens SET used_at = ? WHERE name = ?").run(now, name);
  } catch {}
}

const isValid = ({ expiresAt, revokedAt }: Token): boolean =>
  revokedAt === null && (expiresAt === null || expiresAt > Date.now());

function tokenOf(row: unknown): Token {
  const { sha256: _, ...token } = v.parse(rowSchema, row);
  return token;
}
