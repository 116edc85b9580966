import type { Fields } from "./store.ts";

/** What a handler throws to end a call with an error. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: number;
  readonly body: Fields;

  constructor(status: number, body: Fields) {
    super(text(body.message));
    this.status = status;
    this.body = body;
  }
}

export const json = (body: unknown, status = 200): Response => Response.json(body, { status });

/** The body of most errors: `{"message": …}`. */
export const refuse = (status: number, message: string, more: Fields = {}): Refusal =>
  new Refusal(status, { message, ...more });

/** Errors of the newer kind, with an id. */
export const refuseWithId = (status: number, messageId: string, message: string): Refusal =>
  refuse(status, message, { messageId, statusCode: status, traceID: "" });

export const accessDenied = (permission: string): Refusal =>
  refuse(
    403,
    `You'll need additional permissions to perform this action. Permissions needed: ${permission}`,
    {
      accessErrorId: "ACE1234567890",
      title: "Access denied",
    },
  );

/** What any path outside the API answers: the web page that starts the user interface. */
export const page = (): Response =>
  new Response("<!DOCTYPE html>\n<html><head><title>Grafana</title></head><body></body></html>", {
    headers: { "Content-Type": "text/html; charset=UTF-8" },
  });

/** The value as an object, or an empty one. */
export const fields = (value: unknown): Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};

export const text = (value: unknown, fallback = ""): string => (typeof value === "string" ? value : fallback);
export const number = (value: unknown, fallback = 0): number =>
  typeof value === "number" ? value : fallback;
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Without the fields that are `undefined`, as `omitempty` leaves them out. */
export const compact = (value: Fields): Fields =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined));

/** Without these fields. */
export const without = (value: Fields, ...names: string[]): Fields =>
  Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** `Überblick / A` becomes `uberblick-a`: the readable part of a URL. */
export const slug = (title: string): string =>
  title
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "") || "-";
