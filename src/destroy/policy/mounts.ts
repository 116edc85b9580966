/** What a container would do to the machine's own files: only what is mounted into it can be harmed. */

interface Mount {
  readonly source: string;
  readonly target: string;
}

const VOLUME = /^(?:-v|--volume)$/;

/**
 * The commands of `docker run -v /:/host image rm -rf /host`, with the machine's paths for the container's
 * (`rm -rf /`). None when nothing is mounted.
 * @param program its bare name, in lower case
 */
export function inContainer(program: string, words: readonly string[]): readonly (readonly string[])[] {
  const at = words.findIndex((word) => word === "run" || word === "create");
  if (!/^(?:docker(?:-compose)?|podman(?:-compose)?|nerdctl)$/.test(program) || at < 0) return [];
  const mounts = words.flatMap((word, index) => mountOf(word, words[index - 1] ?? ""));
  if (mounts.length === 0) return [];
  const outside = words.map((word) => mounts.reduce(toOutside, word));
  return outside.flatMap((word, index) =>
    index > at && !word.startsWith("-") ? [outside.slice(index)] : [],
  );
}

function mountOf(word: string, before: string): readonly Mount[] {
  const value = VOLUME.test(before) ? word : /^(?:--volume=|-v=?)(.+)$/.exec(word)?.[1];
  const [, source, target, mode = ""] = /^([^:]+):([^:]+)(?::(.*))?$/.exec(value ?? "") ?? [];
  if (source !== undefined && target !== undefined) return /\bro\b/.test(mode) ? [] : [{ source, target }];
  const long = before === "--mount" ? word : /^--mount=(.+)$/.exec(word)?.[1];
  if (long === undefined || /\b(?:readonly|ro)\b/.test(long)) return [];
  const from = /\b(?:source|src)=([^,]+)/.exec(long)?.[1];
  const to = /\b(?:target|dst|destination)=([^,]+)/.exec(long)?.[1];
  return from === undefined || to === undefined ? [] : [{ source: from, target: to }];
}

/** A path in a word, or in a text for a shell, as it is called outside. */
function toOutside(word: string, { source, target }: Mount): string {
  const inside = target.replace(/\/+$/, "");
  if (inside === "") return word;
  const escaped = inside.replace(/[$()*+.?[\\\]^{|}]/g, "\\$&");
  return word.replace(
    new RegExp(`(^|[\\s"'=])${escaped}(?=$|[/\\s"';&|)])`, "g"),
    (_, lead: string) => lead + source,
  );
}
