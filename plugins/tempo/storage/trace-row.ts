/**
 * Turns a row of a block, which is one trace, into the protobuf that Tempo's API gives for it. Source:
 * tempodb/encoding/vparquet*.
 */
import { ProtobufReader } from "contextcore";
import { attributeWriter, type WriteAttributes } from "./attributes.ts";
import type { MessageBuffer } from "./message.ts";
import type { Columns } from "./parquet/row-group.ts";
import { bytesOf, countOf } from "./parquet/values.ts";
import { add, type Words, words } from "./parquet/words.ts";
import { type BlockMeta, dedicatedColumns, type Format, type Scope } from "./store.ts";

/**
 * Asks for the columns of a trace. The result writes the next row behind what is in the buffer, and gives its id, 32 hex
 * digits.
 */
export function traceWriter(
  columns: Columns,
  meta: BlockMeta,
  format: Format,
): (out: MessageBuffer) => string {
  const traceId = columns.value("TraceID");
  const schema: BlockSchema = { columns, format, meta };
  const resource = resourceWriter(schema);
  const scope = scopeWriter(schema);
  const span = spanWriter(schema);
  const [resources, scopes, spans] = ["rs", "rs.ss", "rs.ss.Spans"].map((path) => columns.group(path));
  let id: Uint8Array = new Uint8Array();
  const writeSpan = (message: MessageBuffer): void => span(id, message);
  const writeScope = (message: MessageBuffer): void => {
    const start = message.open(2);
    scope(message);
    spans?.each(writeSpan, message);
    message.close(start);
  };
  const writeResource = (message: MessageBuffer): void => {
    const start = message.open(1);
    resource(message);
    scopes?.each(writeScope, message);
    message.close(start);
  };
  return (out) => {
    id = bytesOf(traceId.take());
    resources?.each(writeResource, out);
    return hexOf(id);
  };
}

interface BlockSchema {
  readonly columns: Columns;
  readonly format: Format;
  readonly meta: BlockMeta;
}

function attributesOf(
  { columns, format, meta }: BlockSchema,
  path: string,
  field: number,
  scope?: Scope,
): WriteAttributes {
  const dedicated = scope === undefined ? [] : dedicatedColumns(meta, format, scope);
  return attributeWriter(columns, { path, field, format, dedicated });
}

function resourceWriter(schema: BlockSchema): (out: MessageBuffer) => void {
  const attributes = attributesOf(schema, "rs.Resource", 1, "resource");
  const dropped = schema.columns.value("rs.Resource.DroppedAttributesCount");
  return (out) => {
    const start = out.open(1);
    attributes(out);
    out.number(2, countOf(dropped.take()));
    out.close(start);
  };
}

function scopeWriter(schema: BlockSchema): (out: MessageBuffer) => void {
  const [name, version, dropped] = valuesAt(schema, "rs.ss.Scope", [
    "Name",
    "Version",
    "DroppedAttributesCount",
  ]);
  const attributes = attributesOf(schema, "rs.ss.Scope", 3);
  return (out) => {
    const start = out.open(1);
    name?.takeText(1, out);
    version?.takeText(2, out);
    attributes(out);
    out.number(4, countOf(dropped?.take()));
    out.close(start);
  };
}

const valuesAt = ({ columns }: BlockSchema, path: string, names: readonly string[]) =>
  names.map((name) => columns.value(`${path}.${name}`));

function spanWriter(schema: BlockSchema): (traceId: Uint8Array, out: MessageBuffer) => void {
  const path = "rs.ss.Spans";
  const texts = spanTexts(schema, path);
  const [kind, from, duration] = valuesAt(schema, path, ["Kind", "StartTimeUnixNano", "DurationNano"]);
  const dropped = valuesAt(schema, path, [
    "DroppedAttributesCount",
    "DroppedEventsCount",
    "DroppedLinksCount",
  ]);
  const attributes = attributesOf(schema, path, 9, "span");
  const status = statusWriter(schema, path);
  const events = eventsWriter(schema, `${path}.Events`);
  const links = linksWriter(schema, `${path}.Links`);
  const [begin, end] = [words(), words()];
  return (traceId, out) => {
    const start = out.open(2);
    out.blob(1, traceId);
    texts(out);
    out.number(6, countOf(kind?.take()));
    from?.takeWords(begin);
    out.fixed64(7, begin);
    duration?.takeWords(end);
    add(begin, end, end);
    out.fixed64(8, end);
    attributes(out);
    for (let index = 0; index < dropped.length; index++)
      out.number(10 + 2 * index, countOf(dropped[index]?.take()));
    events(begin, out);
    links(out);
    status(out);
    out.close(start);
  };
}

function spanTexts(schema: BlockSchema, path: string): (out: MessageBuffer) => void {
  const columns = valuesAt(schema, path, ["SpanID", "TraceState", "ParentSpanID", "Name"]);
  return (out) => {
    for (let index = 0; index < columns.length; index++) columns[index]?.takeText(2 + index, out);
  };
}

function statusWriter(schema: BlockSchema, path: string): (out: MessageBuffer) => void {
  const [message, code] = valuesAt(schema, path, ["StatusMessage", "StatusCode"]);
  return (out) => {
    const start = out.open(15);
    message?.takeText(2, out);
    out.number(3, countOf(code?.take()));
    out.close(start);
  };
}

/** vParquet3 stores an event's time, the others the time since its span began. */
function eventsWriter(schema: BlockSchema, path: string): (from: Words, out: MessageBuffer) => void {
  const [name, dropped, time, since] = valuesAt(schema, path, [
    ...["Name", "DroppedAttributesCount", "TimeUnixNano", "TimeSinceStartNano"],
  ]);
  const attributes = attributesOf(schema, path, 3, "event");
  const events = schema.columns.group(path);
  let begin = words();
  const [at, after] = [words(), words()];
  const writeEvent = (out: MessageBuffer): void => {
    const start = out.open(11);
    const isSince = since?.hasValue === true;
    since?.takeWords(after);
    time?.takeWords(at);
    if (isSince) add(begin, after, at);
    out.fixed64(1, at);
    name?.takeText(2, out);
    attributes(out);
    out.number(4, countOf(dropped?.take()));
    out.close(start);
  };
  return (from, out) => {
    begin = from;
    events.each(writeEvent, out);
  };
}

function linksWriter(schema: BlockSchema, path: string): (out: MessageBuffer) => void {
  if (schema.format === "vParquet3") return encodedLinks(schema, path);
  const texts = valuesAt(schema, path, ["TraceID", "SpanID", "TraceState"]);
  const dropped = schema.columns.value(`${path}.DroppedAttributesCount`);
  const attributes = attributesOf(schema, path, 4);
  const links = schema.columns.group(path);
  const writeLink = (out: MessageBuffer): void => {
    const start = out.open(13);
    for (let index = 0; index < texts.length; index++) texts[index]?.takeText(1 + index, out);
    attributes(out);
    out.number(5, countOf(dropped.take()));
    out.close(start);
  };
  return (out) => links.each(writeLink, out);
}

/** vParquet3: one message, whose field 1 holds the links. */
function encodedLinks({ columns }: BlockSchema, path: string): (out: MessageBuffer) => void {
  const links = columns.value(path);
  return (out) => {
    const reader = new ProtobufReader(bytesOf(links.take()));
    while (reader.next()) {
      if (reader.field === 1) out.blob(13, reader.slice());
      else reader.skip();
    }
  };
}

/** A trace id as 32 hex digits. */
const hexOf = (id: Uint8Array): string => Buffer.from(id).toString("hex").padStart(32, "0");
