import * as v from "valibot";
import { about } from "../config/introspect.ts";
import { type Check, require } from "./check.ts";
import type { Subject } from "./subject.ts";

const optionsOf = ({ plugin }: Subject): [string, v.GenericSchema][] =>
  Object.entries<v.GenericSchema>(plugin.options.entries);

/** Rules for what a plugin declares. The shape of the declaration was checked when the subject was opened. */
export const declarationRules: readonly Check<Subject>[] = [
  {
    name: "options-described",
    why: "help, the environment names and the documentation are made from the declaration",
    async run(subject) {
      for (const [name, schema] of optionsOf(subject)) {
        const { description = "" } = about(schema);
        require(description.length > 2, `the option \`${name}\` has no description: add v.description("…")`);
        require(/^[a-z][A-Za-z0-9]*$/.test(name), `the option \`${name}\` is not a camelCase word`);
      }
    },
  },
  {
    name: "options-have-defaults",
    why: "a backend is tried with what it assumes before anybody configures it",
    async run(subject) {
      const { issues } = v.safeParse(subject.plugin.options, subject.target.options ?? {});
      require(issues === undefined, `the options do not fit their own declaration: ${issues?.[0].message}`);
    },
  },
  {
    name: "secrets-declared",
    why: "only an option that is declared secret is masked, redacted and kept out of manifests",
    async run(subject) {
      for (const [name, schema] of optionsOf(subject)) {
        const telling = /password|passwd|secret|token|credential|(api|access|private)[-_]?key/i.test(name);
        require(!telling ||
          about(schema).secret === true, `the option \`${name}\` should be option.secret(…)`);
      }
    },
  },
];
