import { useState } from "preact/hooks";
import { visible } from "../../../src/units/visible.ts";
import type { RunMessage } from "../../api/shapes.ts";
import { Name } from "../../parts/name.tsx";

/** More than that is shown when it is asked for: a prompt may have megabytes, and a conversation hundreds of messages. */
const TEXT_MAX = 4_000;
const MESSAGES_MAX = 20;

interface MessagesProps {
  /** `asked` or `answered`. */
  readonly title: string;
  readonly messages: readonly RunMessage[];
}

/** What was said, message by message, the last ones first in sight. */
export function Messages({ title, messages }: MessagesProps) {
  const [isWhole, setWhole] = useState(false);
  const hidden = isWhole ? 0 : Math.max(0, messages.length - MESSAGES_MAX);
  if (messages.length === 0) return <p class="faint">Nothing that was {title} is kept.</p>;
  return (
    <>
      {hidden > 0 && (
        <button type="button" onClick={() => setWhole(true)}>
          Show {hidden.toLocaleString("en")} earlier messages
        </button>
      )}
      <ol class="turns" aria-label={`What was ${title}`}>
        {messages.slice(hidden).map((message, at) => (
          <li key={hidden + at} class={`turn ${roleClass(message.role)}`}>
            <div class="turn-role">
              <Name text={message.role} />
            </div>
            {message.parts.map((part, number) => (
              <Part key={number} part={part} />
            ))}
          </li>
        ))}
      </ol>
    </>
  );
}

/** Only roles that have a colour of their own. */
const roleClass = (role: string): string =>
  ["user", "assistant", "system", "tool"].find((one) => one === role) ?? "other";

type MessagePart = RunMessage["parts"][number];

function Part({ part }: { readonly part: MessagePart }) {
  const { type, text, ...rest } = part as MessagePart & { readonly text?: unknown };
  const isText = typeof text === "string";
  return (
    <>
      {type !== "text" && <div class="faint">{visible(type).replaceAll("_", " ")}</div>}
      <Long text={isText ? text : jsonText(rest)} isCode={!isText} />
    </>
  );
}

/** Indented, where it is JSON that was kept as text, too. */
export function jsonText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "";
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

/** A text of any length, of which first only the beginning is shown; what would hide in it is written out. */
export function Long({ text, isCode = false }: { readonly text: string; readonly isCode?: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? text : text.slice(0, TEXT_MAX);
  return (
    <>
      <pre class={isCode ? "said code" : "said"}>{shown.split("\n").map(visible).join("\n")}</pre>
      {shown.length < text.length && (
        <button type="button" onClick={() => setWhole(true)}>
          Show all {text.length.toLocaleString("en")} characters
        </button>
      )}
    </>
  );
}
