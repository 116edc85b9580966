/** `raw-range.ts URL QUERY TIME FILE`: asks for a raw range as curl would, decodes the answer and writes a line for each series. */
import { argv } from "node:process";

const [url = "", query = "", time = "", file = ""] = argv.slice(2);

interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: unknown;
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

const answer = await fetch(`${url}/api/v1/query`, {
  method: "POST",
  body: new URLSearchParams({ query, time }),
});
if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
const { data }: Answer = JSON.parse(await answer.text());
const lines = data.result.map(({ metric, values = [] }) => {
  const timestamps = values.map(([seconds]) => Math.round(seconds * 1000));
  return JSON.stringify({ metric, values: values.map(([, value]) => Number(value)), timestamps });
});
await Bun.write(file, `${lines.join("\n")}\n`);
