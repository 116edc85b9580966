/** Namespaces and rule groups of names that are hard to put into a URL or a file name. */
import { expect, test } from "bun:test";
import { toYaml } from "contextcore";
import { NAMES } from "../../support/names.ts";
import { DAY, harvest, never, stage } from "./support.ts";

const rules = [{ record: "x", expr: 'sum(rate({app="web"}[5m]))' }];

async function fill({ url }: { url: string }): Promise<void> {
  const post = async (namespace: string, name: string): Promise<void> => {
    const part = encodeURIComponent(
      encodeURIComponent(namespace).replace(/^\.+$/, (dots) => dots.replaceAll(".", "%2E")),
    );
    const answer = await fetch(`${url}/loki/api/v1/rules/${part}`, {
      method: "POST",
      body: toYaml({ name, rules }),
    });
    expect(answer.status).toBe(202);
  };
  for (const name of NAMES) {
    await post(name, "plain");
    await post("team", name);
  }
}

test("every name is exported, restored, and exported again the same", async () => {
  await using source = stage();
  await using target = stage();
  await fill(source);
  const first = await harvest(source.backend);
  expect(first.objects.size).toBe(2 * NAMES.length);
  for (const expected of [{ written: { rules: 1 } }, { written: {}, existing: { rules: 1 } }])
    for (const [file, text] of first.objects)
      expect({
        file,
        ...(await target.backend.restore?.apply({ file, lines: [text], range: DAY, labels: {} }, never)),
      }).toEqual({ file, ...expected });
  const second = await harvest(target.backend);
  expect([...second.objects].sort()).toEqual([...first.objects].sort());
});
