/** What a server keeps of a file is not new the next time, however it writes it; what differs is. */
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startGrafana } from "../plugins/grafana/support.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { provision, storeOf, summary } from "./support.ts";

/** Texts of a number, or of another value, in files that change nothing of what is kept. */
const SPELLINGS = [
  "1.0",
  "1e5",
  "-0",
  "-0.0e3",
  "9007199254740993",
  "0.1",
  "1E-7",
  "12345678901234567890.123456789",
  "-1.50",
  "5e-324",
  '"\\ud800"',
  '"\\u00e9"',
  "[1.0, {}, null]",
];

const boards = (values: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    values.map((value, index) => [
      `${index}.json`,
      `{"panels":[{"max":${value},"id":1}],"uid":"n${index}","title":" T ","schemaVersion":42}`,
    ]),
  );

const resource = (value: string): string =>
  `{"apiVersion":"dashboard.grafana.app/v1","kind":"Dashboard","metadata":{"name":"r"},"spec":{"title":"R","max":${value},"schemaVersion":42}}`;

const sentTo = (grafana: Awaited<ReturnType<typeof startGrafana>>): string[] => {
  const bodies: string[] = [];
  grafana.intercept = (request) => {
    if (request.method === "GET") return undefined;
    const copy = request.clone();
    return copy.text().then((body) => {
      bodies.push(body);
      return grafana.face.handle(request);
    });
  };
  return bodies;
};

test.each(["13.1.0", "11.6.0"])(
  "Grafana %s: a number reaches the server as it was written, and is there the next time",
  async (version) => {
    await using grafana = await startGrafana({ version });
    const bodies = sentTo(grafana);
    const directory = temporaryDirectory({
      ...boards(SPELLINGS),
      ...(version === "11.6.0" ? {} : { "resource.json": resource("9007199254740993") }),
    });
    const number = SPELLINGS.length + (version === "11.6.0" ? 0 : 1);
    const store = await storeOf(grafana);
    expect(summary(await provision(store, directory))).toContain(`dashboards ${number}+ 0~ 0=`);
    for (const value of SPELLINGS.filter((one) => /^-?\d/.test(one)))
      expect(bodies.some((body) => body.includes(`"max":${value},`))).toBe(true);
    const before = bodies.length;
    expect(summary(await provision(store, directory))).toContain(`dashboards 0+ 0~ ${number}=`);
    expect(bodies.length).toBe(before);
  },
);

test.each([
  ["1.0", "1.5"],
  ["1e5", "1e6"],
  ["0", "null"],
  ["1", '"1"'],
  ["9007199254740993", "9007199254740995"],
  ["[1]", "[1, 1]"],
  ['{"a":1}', '{"b":1}'],
  ['"é"', '"e\\u0301"'],
])("%s is not %s", async (first, second) => {
  await using grafana = await startGrafana();
  const store = await storeOf(grafana);
  const directory = temporaryDirectory(boards([first]));
  await provision(store, directory);
  writeFileSync(join(directory, "0.json"), Object.values(boards([second])).join());
  expect(summary(await provision(store, directory))).toContain("dashboards 0+ 1~ 0=");
});

test("a server that keeps all digits is told of the last one", async () => {
  await using grafana = await startGrafana({ version: "11.6.0" });
  const store = await storeOf(grafana);
  const directory = temporaryDirectory(boards(["9007199254740993"]));
  await provision(store, directory);
  writeFileSync(join(directory, "0.json"), Object.values(boards(["9007199254740992"])).join());
  expect(summary(await provision(store, directory))).toContain("dashboards 0+ 1~ 0=");
});
