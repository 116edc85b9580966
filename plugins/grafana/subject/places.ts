/** Where a person shows up in annotations: words of their text, and tags. */
import { holdsWord, PluginError } from "contextcore";

/** What of an annotation is looked at. */
export interface Said {
  readonly text: string;
  readonly tags: readonly string[];
}

const FIELDS = ["text", "tag"] as const;
type Field = (typeof FIELDS)[number];

/** Reads `text={id}, tag=user:{id}`. @returns whether an annotation is that person's @throws PluginError `invalid` */
export function theirsBy(where: string, id: string): (said: Said) => boolean {
  if (!/[\p{L}\p{N}]/u.test(id))
    throw new PluginError("invalid", "grafana: an identifier without a letter or a digit matches no word");
  const all = where.split(",").map((one) => placeIn(one, id));
  return (said) => all.some((isIn) => isIn(said));
}

function placeIn(one: string, id: string): (said: Said) => boolean {
  const [, name, value = ""] = /^\s*(\w+)\s*=\s*(.*?)\s*$/s.exec(one) ?? [];
  const field = FIELDS.find((known) => known === name);
  if (field === undefined || !value.includes("{id}"))
    throw new PluginError("invalid", `grafana: where a person shows up is not understood: ${one.trim()}`, {
      hint: "It names fields of annotations: text={id}, tag=user:{id}.",
    });
  return LOOK[field](value.replaceAll("{id}", () => id));
}

/** A text holds it as a whole word; a tag is it. */
const LOOK: Readonly<Record<Field, (value: string) => (said: Said) => boolean>> = {
  text(value) {
    const isIn = holdsWord(value);
    return ({ text }) => isIn(text);
  },
  tag:
    (value) =>
    ({ tags }) =>
      tags.includes(value),
};
