/** Attributes as the formats keep them: most in common columns, some in columns of their own. */
import { writeArray, writeJson, writeScalar } from "./any-value.ts";
import type { MessageBuffer } from "./message.ts";
import type { DedicatedColumn, Format } from "./meta.ts";
import type { Columns, ValueReader } from "./parquet/row-group.ts";
import { bytesOf } from "./values.ts";

/** Writes the attributes of the next resource, scope, span, event or link. */
export type WriteAttributes = (out: MessageBuffer) => void;

export interface AttributeOptions {
  /** Where the columns are: `rs.Resource`. */
  readonly path: string;
  /** The field that they are written to. */
  readonly field: number;
  readonly format: Format;
  readonly dedicated?: readonly DedicatedColumn[];
}

/** Attributes that the formats up to vParquet4 keep in columns of their own, besides what meta.json names. */
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

export function attributeWriter(columns: Columns, options: AttributeOptions): WriteAttributes {
  const { path, field, format, dedicated = [] } = options;
  const key = columns.value(`${path}.Attrs.Key`);
  const value =
    format === "vParquet3" ? oldValue(columns, `${path}.Attrs`) : anyValue(columns, `${path}.Attrs`);
  const attributes = columns.group(`${path}.Attrs`);
  const apart = [
    ...Object.entries(OWN_COLUMNS).map(([column, name]) =>
      apartFrom(name, columns.value(`${path}.${column}`)),
    ),
    ...dedicated.map(({ name, column }) =>
      apartFrom(name, columns.value(`${path}.DedicatedAttributes.${column}`)),
    ),
  ];
  return (out) => {
    attributes.each(() => {
      const name = bytesOf(key.take());
      const write = value();
      if (write !== undefined) writePair(name, write, field, out);
    });
    for (const one of apart) writeApart(one, field, out);
  };
}

type Write = (out: MessageBuffer) => void;

function writePair(key: Uint8Array, write: Write, field: number, out: MessageBuffer): void {
  const start = out.open(field);
  out.blob(1, key);
  const value = out.open(2);
  write(out);
  out.close(value);
  out.close(start);
}

/** A column of one attribute. */
interface Apart {
  readonly name: Uint8Array;
  readonly values: ValueReader;
  /** A block's service is never absent: where there is none, it is empty. */
  readonly emptyIsAbsent: boolean;
}

const apartFrom = (name: string, values: ValueReader): Apart => ({
  name: Buffer.from(name),
  values,
  emptyIsAbsent: name === "service.name",
});

/** A value, or the items of an array. */
function writeApart({ name, values: reader, emptyIsAbsent }: Apart, field: number, out: MessageBuffer): void {
  const values = reader.values();
  const [first] = values;
  if (values.length === 0 || (emptyIsAbsent && bytesOf(first).length === 0)) return;
  const write: Write = (message) =>
    values.length === 1 ? writeScalar(first, message) : writeArray(values, message);
  writePair(name, write, field, out);
}

/** The columns of an attribute's value, in the order in which Tempo looks at them. */
const KINDS = ["Value", "ValueInt", "ValueDouble", "ValueBool"];

/** vParquet4 and later: every kind is a list; what fits none of them is JSON. Tempo leaves out what has no value. */
function anyValue(columns: Columns, path: string): () => Write | undefined {
  const isArray = columns.value(`${path}.IsArray`);
  const kinds = KINDS.map((kind) => columns.value(`${path}.${kind}`));
  const unsupported = columns.value(`${path}.ValueUnsupported`);
  return () => {
    const array = isArray.take() === true;
    const values = firstFilled(kinds);
    const json = bytesOf(unsupported.take());
    if (array) return (out) => writeArray(values, out);
    if (values.length > 0) return (out) => writeScalar(values[0], out);
    return json.length === 0 ? undefined : (out) => writeJson(textOf(json), out);
  };
}

function firstFilled(kinds: readonly ValueReader[]): readonly unknown[] {
  let found: readonly unknown[] = [];
  for (const kind of kinds) {
    const values = kind.values();
    if (found.length === 0) found = values;
  }
  return found;
}

/** vParquet3: one of several optional columns. Attributes of events are encoded values, in old blocks JSON. */
function oldValue(columns: Columns, path: string): () => Write {
  const kinds = KINDS.map((kind) => columns.value(`${path}.${kind}`));
  const lists = ["ValueArray", "ValueKVList"].map((kind) => columns.value(`${path}.${kind}`));
  const isEncoded = path.endsWith(".Events.Attrs");
  return () => {
    const values = firstFilled(kinds);
    const json = lists.map((list) => bytesOf(list.take())).find((text) => text.length > 0);
    if (isEncoded) return (out) => writeEncoded(bytesOf(values[0]), out);
    if (values.length > 0) return (out) => writeScalar(values[0], out);
    return (out) => json !== undefined && writeJson(textOf(json), out);
  };
}

const BRACE = 0x7b;

function writeEncoded(value: Uint8Array, out: MessageBuffer): void {
  if (value[0] === BRACE) writeJson(textOf(value), out);
  else out.append(value);
}

const utf8 = new TextDecoder();
const textOf = (bytes: Uint8Array): string => utf8.decode(bytes);
