/** OTLP/JSON as protobuf. */
import { ProtobufWriter } from "../../../src/contract/contextcore.ts";

type Fields = Readonly<Record<string, unknown>>;

const list = (value: unknown): Fields[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const fields = (value: unknown): Fields => ({ ...(value as object) });

export const toOtlpProtobuf = (body: object): Uint8Array<ArrayBuffer> => {
  const writer = new ProtobufWriter();
  for (const resource of list(fields(body).resourceSpans))
    writer.message(1, (one) => {
      one.message(1, (inner) => writeAttributes(inner, 1, fields(resource.resource).attributes));
      for (const scope of list(resource.scopeSpans))
        one.message(2, (inner) => {
          for (const span of list(scope.spans)) inner.message(2, (last) => writeSpan(last, span));
        });
    });
  return new Uint8Array(writer.finish());
};

function writeSpan(writer: ProtobufWriter, span: Fields): void {
  writer.blob(1, Buffer.from(text(span.traceId), "hex")).blob(2, Buffer.from(text(span.spanId), "hex"));
  writer.string(5, text(span.name));
  writer.fixed64(7, BigInt(text(span.startTimeUnixNano))).fixed64(8, BigInt(text(span.endTimeUnixNano)));
  writeAttributes(writer, 9, span.attributes);
}

function writeAttributes(writer: ProtobufWriter, field: number, attributes: unknown): void {
  for (const { key, value } of list(attributes))
    writer.message(field, (pair) =>
      pair.string(1, text(key)).message(2, (one) => writeValue(one, fields(value))),
    );
}

function writeValue(writer: ProtobufWriter, value: Fields): void {
  if ("stringValue" in value) writer.string(1, text(value.stringValue));
  if ("boolValue" in value) writer.varint(2, Number(value.boolValue));
  if ("intValue" in value) writer.varint(3, BigInt(text(value.intValue)));
  if ("doubleValue" in value) writer.double(4, Number(value.doubleValue));
  if ("arrayValue" in value)
    writer.message(5, (inner) => {
      for (const one of list(fields(value.arrayValue).values))
        inner.message(1, (item) => writeValue(item, one));
    });
  if ("kvlistValue" in value)
    writer.message(6, (inner) => writeAttributes(inner, 1, fields(value.kvlistValue).values));
}
