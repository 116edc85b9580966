/** Attributes as the formats store them: most in common columns, some in columns of their own. */
import { writeArray, writeEmptyArray, writeJson, writeNext, writeScalar } from "./any-value.ts";
import type { MessageBuffer } from "./message.ts";
import type { Columns, ValueReader } from "./parquet/row-group.ts";
import { bytesOf } from "./parquet/values.ts";
import type { DedicatedColumn, Format } from "./store.ts";

/** Writes the attributes of the next resource, scope, span, event or link. */
export type WriteAttributes = (out: MessageBuffer) => void;

interface AttributeOptions {
  /** Where the columns are: `rs.Resource`. */
  readonly path: string;
  /** The field that they are written to. */
  readonly field: number;
  readonly format: Format;
  readonly dedicated?: readonly DedicatedColumn[];
}

/** Attributes that the formats up to vParquet4 store in columns of their own, besides those that meta.json names. */
const OWN_COLUMNS: Readonly<Record<string, string>> = {
  ServiceName: "service.name",
  Cluster: "cluster",
  Namespace: "namespace",
  Pod: "pod",
  Container: "container",
  K8sClusterName: "k8s.cluster.name",
  K8sNamespaceName: "k8s.namespace.name",
  K8sPodName: "k8s.pod.name",
  K8sContainerName: "k8s.container.name",
  HttpMethod: "http.method",
  HttpUrl: "http.url",
  HttpStatusCode: "http.status_code",
};

/**
 * Opens the columns that hold one scope's attributes.
 * @returns what writes the attributes of the row that the columns stand at
 */
export function attributeWriter(columns: Columns, options: AttributeOptions): WriteAttributes {
  const { path, field, format, dedicated = [] } = options;
  const key = columns.value(`${path}.Attrs.Key`);
  const value =
    format === "vParquet3" ? oldValue(columns, `${path}.Attrs`) : anyValue(columns, `${path}.Attrs`);
  const attributes = columns.group(`${path}.Attrs`);
  const apart = [
    ...Object.entries(OWN_COLUMNS).map(([column, name]) => ({ name, place: `${path}.${column}` })),
    ...dedicated.map(({ name, column }) => ({ name, place: `${path}.DedicatedAttributes.${column}` })),
  ].flatMap(({ name, place }) => (columns.isFilled(place) ? [apartFrom(name, columns.value(place))] : []));
  const write = (out: MessageBuffer): void => {
    const before = out.length;
    const start = out.open(field);
    key.takeText(1, out);
    const content = out.open(2);
    const written = value(out);
    out.close(content);
    out.close(start);
    if (!written) out.length = before;
  };
  return (out) => {
    attributes.each(write, out);
    for (const one of apart) writeApart(one, field, out);
  };
}

/** Writes the next value, if there is one. */
type WriteValue = (out: MessageBuffer) => boolean;

/** A column of one attribute. */
interface Apart {
  readonly name: Uint8Array;
  readonly values: ValueReader;
  /** A block has an empty service name where there is none. */
  readonly emptyIsAbsent: boolean;
}

const apartFrom = (name: string, values: ValueReader): Apart => ({
  name: Buffer.from(name),
  values,
  emptyIsAbsent: name === "service.name",
});

/** A value, or the items of an array when there are several. */
function writeApart({ name, values, emptyIsAbsent }: Apart, field: number, out: MessageBuffer): void {
  const present = values.hasValue;
  const first = values.take();
  if (!present || (emptyIsAbsent && bytesOf(first).length === 0)) {
    passRest(values);
    return;
  }
  const start = out.open(field);
  out.blob(1, name);
  const content = out.open(2);
  if (values.goesOn) writeArray(first, values, out);
  else writeScalar(first, out);
  out.close(content);
  out.close(start);
}

function passRest(values: ValueReader): void {
  while (values.goesOn) values.take();
}

/** The columns of an attribute's value, in the order in which Tempo reads them. */
const KINDS = ["Value", "ValueInt", "ValueDouble", "ValueBool"];

/** vParquet4 and later: every kind is a list, and values of other kinds are JSON. Tempo leaves out attributes without a value. */
function anyValue(columns: Columns, path: string): WriteValue {
  const isArray = columns.value(`${path}.IsArray`);
  const kinds = KINDS.map((kind) => columns.value(`${path}.${kind}`));
  const unsupported = columns.value(`${path}.ValueUnsupported`);
  return (out) => {
    const array = isArray.take() === true;
    const found = writeFirstFilled(kinds, array, out);
    const json = bytesOf(unsupported.take());
    if (found) return true;
    if (array) writeEmptyArray(out);
    else if (json.length > 0) writeJson(textOf(json), out);
    return array || json.length > 0;
  };
}

function writeFirstFilled(kinds: readonly ValueReader[], array: boolean, out: MessageBuffer): boolean {
  let found = false;
  for (const kind of kinds) {
    const isFirst: boolean = !found && kind.hasValue;
    if (!isFirst) kind.take();
    else if (array) writeArray(kind.take(), kind, out);
    else writeNext(kind, out);
    passRest(kind);
    found ||= isFirst;
  }
  return found;
}

/** vParquet3: one of several optional columns. Attributes of events are encoded values, in old blocks JSON. */
function oldValue(columns: Columns, path: string): WriteValue {
  const kinds = KINDS.map((kind) => columns.value(`${path}.${kind}`));
  const lists = ["ValueArray", "ValueKVList"].map((kind) => columns.value(`${path}.${kind}`));
  const isEncoded = path.endsWith(".Events.Attrs");
  return (out) => {
    const value = firstFilled(kinds);
    const json = bytesOf(firstFilled(lists));
    if (isEncoded) writeEncoded(bytesOf(value), out);
    else if (value !== undefined) writeScalar(value, out);
    else if (json.length > 0) writeJson(textOf(json), out);
    return true;
  };
}

function firstFilled(columns: readonly ValueReader[]): unknown {
  let found: unknown;
  for (const column of columns) {
    const value = column.take();
    found ??= value;
  }
  return found;
}

const BRACE = 0x7b;

function writeEncoded(value: Uint8Array, out: MessageBuffer): void {
  if (value[0] === BRACE) writeJson(textOf(value), out);
  else out.append(value);
}

const utf8 = new TextDecoder();
const textOf = (bytes: Uint8Array): string => utf8.decode(bytes);
