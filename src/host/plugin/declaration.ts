/** What a plugin's module must export, and the rules for its name. */
import * as v from "valibot";
import { objectOf } from "../../contract/any-names.ts";
import {
  CONTRACT_VERSION,
  IMPORTANCES,
  type OptionsSchema,
  type Plugin,
  SIGNALS,
} from "../../contract/contract.ts";

/** The plugin, or the file that should have been one, is unusable. */
export class DeclarationError extends Error {
  override readonly name = "DeclarationError";
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

const BUILT_IN_NAME = /^[a-z][a-z0-9-]*$/;
const VENDOR_NAME = /^[a-z][a-z0-9-]*\/[a-z][a-z0-9-]*$/;

/** True for `vendor/name`: lower case letters, digits and dashes around exactly one slash. */
export const isVendorName = (name: string): boolean => VENDOR_NAME.test(name) && name.length <= 80;

/** True for schemas made by valibot's `object` and its strict and loose variants. */
function isOptionsSchema(value: unknown): value is OptionsSchema {
  if (typeof value !== "object" || value === null) return false;
  const entries: unknown = Reflect.get(value, "entries");
  return Reflect.get(value, "kind") === "schema" && typeof entries === "object" && entries !== null;
}

const isFunction = (value: unknown): boolean => typeof value === "function";

const PluginSchema = v.strictObject({
  name: v.pipe(v.string(), v.nonEmpty("is empty")),
  about: v.pipe(v.string(), v.nonEmpty("is empty"), v.regex(/^[^\n]*$/, "is more than one line")),
  contract: v.optional(v.pipe(v.number(), v.integer())),
  version: v.optional(v.pipe(v.string(), v.regex(/^[^\s]{1,40}$/, "is not a version"))),
  signals: v.optional(v.array(v.picklist(SIGNALS))),
  importance: v.optional(v.picklist(IMPORTANCES)),
  dataFiles: v.optional(v.array(v.pipe(v.string(), v.regex(/^[^/\\]+$/, "is not a file's name")))),
  tried: v.optional(
    v.array(v.pipe(v.string(), v.regex(/^\S.{0,60} \d+\.\d+\S{0,20}$/, "is not a server with its version"))),
  ),
  options: v.custom<OptionsSchema>(isOptionsSchema, "is not v.object({ … }) from contextcore's own v"),
  scratch: v.optional(
    v.strictObject({
      programs: v.pipe(
        v.array(v.pipe(v.string(), v.regex(/^[\w.-]+$/, "is not a program's name"))),
        v.minLength(1),
      ),
      args: v.array(v.string()),
      input: v.optional(v.string()),
      options: objectOf(v.string()),
      keeps: v.optional(v.array(v.string())),
    }),
  ),
  hosts: v.optional(v.array(v.pipe(v.string(), v.regex(/^[^\s/]+$/, "is not a host or host:port")))),
  backend: v.optional(v.custom<NonNullable<Plugin["backend"]>>(isFunction, "is not a function")),
  sink: v.optional(v.custom<NonNullable<Plugin["sink"]>>(isFunction, "is not a function")),
  store: v.optional(v.custom<NonNullable<Plugin["store"]>>(isFunction, "is not a function")),
});

/**
 * Checks a module's default export.
 * @param origin which names are allowed: plain ones for built-in plugins, `vendor/name` for all others
 * @throws DeclarationError that names the first mistake
 */
export function checkDeclaration(value: unknown, origin: "built-in" | "third-party"): Plugin {
  checkContract(value);
  const checked = v.safeParse(PluginSchema, value);
  if (!checked.success)
    throw new DeclarationError(`its declaration is wrong: ${issueText(checked.issues[0])}`);
  const { output } = checked;
  checkName(output.name, origin);
  if (output.backend === undefined && output.sink === undefined && output.store === undefined) {
    throw new DeclarationError(
      "its declaration has neither a backend nor a sink nor a store",
      "A plugin needs at least one of them.",
    );
  }
  return output as Plugin;
}

/** Checked first: a plugin for another contract may differ in everything else. */
function checkContract(value: unknown): void {
  if (typeof value !== "object" || value === null) {
    throw new DeclarationError(
      "it does not export a plugin by default",
      'It should end in `export default definePlugin({ … })`, imported from "contextcore".',
    );
  }
  const contract: unknown = Reflect.get(value, "contract") ?? CONTRACT_VERSION;
  if (contract === CONTRACT_VERSION) return;
  if (typeof contract !== "number" || !Number.isSafeInteger(contract)) {
    throw new DeclarationError(
      `its \`contract\` is ${JSON.stringify(contract) ?? String(contract)}, and should be a whole number`,
      `Write \`contract: ${CONTRACT_VERSION}\`, or leave it out.`,
    );
  }
  const newer = contract > CONTRACT_VERSION;
  throw new DeclarationError(
    `it is written for version ${contract} of the plugin contract, but this contextcore supports version ${CONTRACT_VERSION}`,
    newer
      ? "Use a newer contextcore, or an older release of the plugin."
      : "Use a newer release of the plugin.",
  );
}

function checkName(name: string, origin: "built-in" | "third-party"): void {
  if (origin === "built-in" ? BUILT_IN_NAME.test(name) : isVendorName(name)) return;
  throw new DeclarationError(
    `its name ${JSON.stringify(name)} is not allowed`,
    "A plugin's name is `vendor/name`: lower case letters, digits and dashes, and one slash. Plain names are those of built-in plugins.",
  );
}

function issueText(issue: v.BaseIssue<unknown>): string {
  const key = v.getDotPath(issue) ?? "";
  if (issue.type === "strict_object" && issue.expected === "never")
    return `\`${key}\` is not part of the contract`;
  if (issue.received === "undefined") return `\`${key}\` is missing`;
  return `\`${key}\` ${issue.message.startsWith("Invalid") ? `should be ${issue.expected}` : issue.message}`;
}
