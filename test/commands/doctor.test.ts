/** `doctor` against the lab: nothing to say of a healthy stack, and the right word for each ill. */
import { afterAll, describe, expect, test } from "bun:test";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { examineClocks } from "../../src/doctor/clock.ts";
import { DOCTOR } from "../../src/results/doctor.ts";
import { startLab } from "../lab/lab.ts";
import { run } from "../support/binary.ts";
import { temporaryDirectory } from "../support/directory.ts";
import { startFront } from "../support/front.ts";
import { parsedAs } from "../support/printed.ts";
import { labProject } from "../support/project.ts";

const lab = await startLab();
afterAll(() => lab.stop());

async function doctor(cwd: string, exitCode: number, env: Readonly<Record<string, string>> = {}) {
  const finished = await run(["doctor", "--json", "--timeout", "3s"], { cwd, env });
  const { findings } = parsedAs(DOCTOR, finished.stdout);
  expect({ exitCode: finished.exitCode, findings }).toEqual({ exitCode, findings });
  return (about: string) => findings.filter((finding) => finding.subject === about);
}

test("a healthy stack: what was looked at, in order", async () => {
  const { stdout, stderr, exitCode } = await run(["doctor"], { cwd: labProject(lab) });
  expect(stdout).not.toMatch(/^(warning|problem)/m);
  expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  const looked = stdout.split("\n").map((line) => /^(?:ok|note|warning|problem) +(\w+)/.exec(line)?.[1]);
  expect([...new Set(looked)].filter((about) => about !== undefined)).toEqual([
    ...["binary", "configuration", "tempo", "mimir", "loki", "grafana", "clock", "disk", "trail", "destroy"],
  ]);
  expect(stdout).not.toMatch(/^(warning|problem)/m);
  const notes = [...stdout.matchAll(/^note +(\w+) +\S*?(\w+) is /gm)].map(
    ([, about, setting]) => `${about} ${setting}`,
  );
  expect(notes).toEqual([
    "tempo max_bytes_per_trace",
    "tempo ingestion_time_range_slack",
    "tempo max_traces_per_user",
    "mimir out_of_order_time_window",
    "mimir max_global_series_per_user",
    "loki reject_old_samples_max_age",
    "loki max_chunk_age",
  ]);
});

describe("it says", () => {
  test("that a plugin was not tried with a server of this version", async () => {
    let version = "9.1.0";
    await using front = startFront(lab.urls.loki, (request, pass) =>
      request.url.endsWith("/status/buildinfo") ? Response.json({ version }) : pass(),
    );
    const cwd = labProject(lab, { urls: { loki: front.url } });
    const message = "the plugin was not tried with version 9.1.0, only with Loki 3.4.6 and Loki 3.8";
    expect((await doctor(cwd, 0))("loki")).toContainEqual(
      expect.objectContaining({ severity: "note", message }),
    );
    version = "3.4.2";
    const known = (await doctor(cwd, 0))("loki").filter((one) => one.message.includes("was tried with"));
    expect(known).toEqual([]);
  });

  test("the same of a server that says which one it is: a Prometheus 3.5 was tried, and no Mimir 3.5", async () => {
    let version = "3.5.0";
    await using front = startFront(lab.urls.mimir, (request, pass) =>
      request.url.endsWith("/status/buildinfo")
        ? Response.json({ status: "success", data: { application: "Grafana Mimir", version } })
        : pass(),
    );
    const cwd = labProject(lab, { urls: { mimir: front.url } });
    const untried = async () =>
      (await doctor(cwd, 0))("mimir").filter((one) => one.message.includes("was not tried with"));
    expect((await untried()).map((one) => one.severity)).toEqual(["note"]);
    version = "3.0.4";
    expect(await untried()).toEqual([]);
  });

  test("which server does not answer, and which refuses", async () => {
    const undo = lab.faults.grafana.add({ kind: "status", status: 401 });
    const found = await doctor(labProject(lab, { urls: { loki: "http://127.0.0.1:9" } }), 3);
    undo();
    expect(found("loki")).toMatchObject([
      { severity: "problem", message: expect.stringContaining("nothing listens there") },
    ]);
    expect(found("grafana")).toMatchObject([
      {
        severity: "problem",
        message: expect.stringContaining("answered 401"),
        hint: expect.stringContaining("token"),
      },
    ]);
    expect(found("tempo")[0]).toMatchObject({ severity: "ok", message: expect.stringContaining("version") });
  });

  test("that nothing is known of an export's size when no server answers, and whose is not in it when one does not", async () => {
    const gone = "http://127.0.0.1:9";
    const urls = { tempo: gone, mimir: gone, loki: gone, grafana: gone };
    const [disk] = (await doctor(labProject(lab, { urls }), 3))("disk");
    expect(disk?.message).toEndWith(
      "an export of everything is of unknown size: no server says how much it holds",
    );
    const [partly] = (await doctor(labProject(lab, { urls: { loki: gone, mimir: gone } }), 3))("disk");
    expect(partly?.message).toMatch(/takes about .*\), and mimir and loki, whose size is unknown$/);
  });

  test("what of the configuration does not fit, with the line; exit code 2", async () => {
    const cwd = temporaryDirectory({ "contextcore.yaml": "name: shop\nbackends:\n  loki: { urll: x }\n" });
    const found = await doctor(cwd, 2);
    expect(found("configuration")).toMatchObject([
      { severity: "problem", message: expect.stringContaining("contextcore.yaml:3: backends.loki.urll") },
    ]);
  });

  test("whose clock differs", async () => {
    const date = new Date(Date.now() - 600_000).toUTCString();
    const answer = `HTTP/1.1 404 Not Found\r\nDate: ${date}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`;
    using late = Bun.listen({
      hostname: "127.0.0.1",
      port: 0,
      socket: { data: (socket) => void socket.end(answer) },
    });
    const servers = [
      { name: "late", url: `http://127.0.0.1:${late.port}` },
      { name: "gone", url: "http://127.0.0.1:9" },
    ];
    const found = await examineClocks([...servers, { name: "none" }], new AbortController().signal);
    expect(found).toMatchObject([
      {
        subject: "clock",
        severity: "warning",
        message: expect.stringMatching(/^late's is (9m59s|10m|10m\ds) behind ours$/),
      },
    ]);
  });

  test("that the trail was changed", async () => {
    const cwd = labProject(lab);
    await run(["export", "--plugin", "grafana"], { cwd });
    appendFileSync(join(cwd, ".contextcore/audit.jsonl"), '{"seq":99}\n');
    expect((await doctor(cwd, 3))("trail")).toContainEqual(expect.objectContaining({ severity: "problem" }));
  });

  test("that the command to destroy is not there, and that Docker does not answer", async () => {
    const found = await doctor(labProject(lab, { command: ["no-such-program"] }), 3);
    expect(found("destroy")).toMatchObject([
      { severity: "warning", message: expect.stringContaining("no-such-program is not on the PATH") },
    ]);
    const bin = temporaryDirectory();
    mkdirSync(join(bin, "bin"));
    writeFileSync(
      join(bin, "bin/docker"),
      "#!/bin/sh\necho 'Cannot connect to the Docker daemon' >&2\nexit 1\n",
      { mode: 0o755 },
    );
    const project = labProject(lab, { command: ["docker", "compose", "down"] });
    const said = await doctor(project, 3, { PATH: `${join(bin, "bin")}:${process.env.PATH}` });
    expect(said("destroy")[0]?.message).toContain(
      "Docker does not answer: Cannot connect to the Docker daemon",
    );
  });

  test("that a sink would not take an event", async () => {
    const cwd = labProject(lab, { more: "sinks:\n  webhook: { url: 'http://127.0.0.1:9/' }\n" });
    expect((await doctor(cwd, 3))("webhook")).toMatchObject([{ severity: "problem" }]);
  });
});
