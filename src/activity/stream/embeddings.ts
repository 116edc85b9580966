/** OpenAI's embeddings (https://platform.openai.com/docs/api-reference/embeddings). The numbers are not kept. */
import { given } from "../../units/given.ts";
import { isList, type Json } from "../../units/json.ts";
import { blobOf, numbersBlob } from "../content/blob.ts";
import type { Part } from "../format/run.ts";
import type { Dialect } from "./dialect.ts";
import { at, countAt, listAt, textAt } from "./fields.ts";
import { errorIn } from "./parts.ts";

/** OpenAI's, and whatever speaks like them. */
export const embeddings: Dialect = {
  call: "embeddings",
  asked: (body) => ({
    ...given({ model: textAt(body, "model"), user: textAt(body, "user") }),
    input: [{ role: "user", parts: inputParts(at(body, "input")) }],
    isStream: false,
  }),
  answered: (body) => {
    const parts = listAt(body, "data").flatMap((one) => vectorPart(at(one, "embedding")));
    return {
      ...given({ model: textAt(body, "model"), error: errorIn(at(body, "error")) }),
      output: parts.length === 0 ? [] : [{ role: "assistant", parts }],
      tokens: given({ input: countAt(body, "usage", "prompt_tokens") }),
    };
  },
};

/** A text, several, or the numbers of tokens. */
function inputParts(input: unknown): Part[] {
  if (typeof input === "string") return [{ type: "text", text: input }];
  if (!isList(input)) return [];
  if (typeof input[0] === "number") return [numbersBlob(input)];
  return input.map((one: Json) =>
    typeof one === "string" ? { type: "text", text: one } : numbersBlob(isList(one) ? one : []),
  );
}

function vectorPart(vector: unknown): Part[] {
  if (isList(vector)) return [numbersBlob(vector)];
  const blob = typeof vector === "string" ? blobOf(`data:;base64,${vector}`) : undefined;
  return blob === undefined ? [] : [blob];
}
