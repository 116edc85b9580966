/** Server-sent events, as the HTML standard's section "Server-sent events" reads them. */

/** One event. */
export interface ServerSentEvent {
  /** `message` where the stream does not say. */
  readonly event: string;
  readonly data: string;
}

/** Takes the bytes of a stream in pieces of any size. */
interface EventReader {
  push(bytes: Uint8Array): void;
  /** What was begun and not ended counts as an event, too: a stream may end without its last empty line. */
  end(): void;
}

/** Of an event that is longer its name is told, where it has one, and no data. Characters */
const EVENT_MAX = 8 << 20;

/** @param most see {@link EVENT_MAX} */
export function createEventReader(each: (event: ServerSentEvent) => void, most = EVENT_MAX): EventReader {
  const decoder = new TextDecoder();
  let data: string[] = [];
  let length = 0;
  let name = "";

  const dispatch = (): void => {
    if (length > most && name !== "") each({ event: name, data: "" });
    else if (data.length > 0 && length <= most) each({ event: name || "message", data: data.join("\n") });
    data = [];
    length = 0;
    name = "";
  };

  const lines = createLines(most, (line, isCut) => {
    if (line === "") return dispatch();
    const [field, value] = fieldOf(line);
    if (field === "event" && !isCut) name = value;
    if (field !== "data") return;
    length += isCut ? most + 1 : value.length;
    if (length <= most) data.push(value);
  });

  return {
    push: (bytes) => lines.push(decoder.decode(bytes, { stream: true })),
    end() {
      lines.push(decoder.decode());
      lines.end();
      dispatch();
    },
  };
}

function fieldOf(line: string): [field: string, value: string] {
  const colon = line.indexOf(":");
  if (colon === -1) return [line, ""];
  return [line.slice(0, colon), line.slice(colon + (line[colon + 1] === " " ? 2 : 1))];
}

/** Lines end with CR, LF or both, also where these two come in different pieces. Of one that is too long the beginning is told. */
function createLines(most: number, each: (line: string, isCut: boolean) => void) {
  let begun: string[] = [];
  let length = 0;
  let afterCr = false;

  const hold = (text: string): void => {
    if (length < most) begun.push(text.slice(0, most - length));
    length += text.length;
  };
  const finish = (): void => {
    each(begun.join(""), length > most);
    begun = [];
    length = 0;
  };

  const ENDS = /\r\n|\n|\r/g;
  return {
    push(text: string): void {
      if (text === "") return;
      const first = afterCr && text.startsWith("\n") ? 1 : 0;
      afterCr = text.endsWith("\r");
      ENDS.lastIndex = first;
      let from = first;
      for (let end = ENDS.exec(text); end !== null; end = ENDS.exec(text)) {
        hold(text.slice(from, end.index));
        finish();
        from = ENDS.lastIndex;
      }
      hold(text.slice(from));
    },
    end(): void {
      if (length > 0) finish();
    },
  };
}
