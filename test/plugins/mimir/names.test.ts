/** Namespaces and rule groups of names that are hard to put into a URL or a file name. */
import { expect, test } from "bun:test";
import { toYaml } from "contextcore";
import { serveAsSent } from "../../lab/as-sent.ts";
import { createMimir, type MimirFace } from "../../lab/mimir/index.ts";
import { NAMES } from "../../support/names.ts";
import { float, harvest, labels, never, now, openMimir, REQUEST, START, serveLab } from "./support.ts";

async function serve() {
  const face = createMimir({ now });
  const server = await serveAsSent((request) => face.handle(request));
  const backend = openMimir(`http://127.0.0.1:${server.port}`);
  return { face, backend, [Symbol.asyncDispose]: () => server.stop() };
}

const group = (name: string): string => toYaml({ name, rules: [{ record: "x", expr: "sum(y)" }] });

/** Every name as a namespace, and in one namespace as a group. */
function fill(face: MimirFace): void {
  const { rules } = face.store();
  for (const name of NAMES) rules.set(name, new Map([["plain", group("plain")]]));
  rules.set("team", new Map(NAMES.map((name) => [name, group(name)])));
  face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
}

test("every name is exported, restored, and exported again the same", async () => {
  await using source = await serve();
  await using target = await serve();
  fill(source.face);
  target.face.put([{ labels: labels("a"), points: [float(START, 1)] }]);
  const first = await harvest(source.backend, REQUEST);
  expect(first.objects.size).toBe(2 * NAMES.length);
  const { restore } = target.backend;
  for (const expected of [{ written: { rules: 1 } }, { written: {}, existing: { rules: 1 } }])
    for (const [file, text] of first.objects)
      expect({
        file,
        ...(await restore?.apply({ file, lines: [text], range: REQUEST.range, labels: {} }, never)),
      }).toEqual({ file, ...expected });
  const second = await harvest(target.backend, REQUEST);
  expect([...second.objects].sort()).toEqual([...first.objects].sort());
});

test("where a proxy takes . and .. for steps, what cannot be restored is named, and nothing is written elsewhere", async () => {
  await using through = serveLab();
  through.face.store().rules.set("team", new Map([["other", group("other")]]));
  through.face.store().rules.set("plain", new Map([["plain", group("plain")]]));
  const there = () => [...through.face.store().rules].map(([name, groups]) => [name, [...groups.keys()]]);
  const restored = async (namespace: string, name: string) => {
    const text = `# namespace: ${JSON.stringify(namespace)}\n${group(name)}`;
    const batch = { file: "mimir/rules/x/y.yaml", lines: [text], range: REQUEST.range, labels: {} };
    return through.open().restore?.apply(batch, never);
  };
  for (const name of [".", ".."]) {
    expect(await restored("team", name)).toEqual({ written: { rules: 1 } });
    expect(await restored("team", name)).toEqual({ written: {}, existing: { rules: 1 } });
    const answer = await restored(name, "plain");
    expect(answer?.rejected?.[0]?.reason).toStartWith(
      `in a URL the namespace ${name} does not reach the server`,
    );
    expect(answer?.written).toEqual({});
  }
  expect(there()).toEqual([
    ["team", ["other", ".", ".."]],
    ["plain", ["plain"]],
  ]);
});
