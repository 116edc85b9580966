/** Real S3 servers, each in a process of its own on 127.0.0.1 and empty, with its files in a directory that is given to it. */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sha256Of, signed } from "../../plugins/s3/sign.ts";
import { debianProgram } from "./debian.ts";

/** A server, and how it is called. */
export interface S3Server {
  readonly url: string;
  /** The options that every store of it has. */
  readonly options: { readonly url: string; readonly accessKeyId: string; readonly secretAccessKey: string };
  /** One signed call, for what no store does. */
  call(
    method: string,
    path: string,
    more?: { readonly query?: string; readonly headers?: Record<string, string>; readonly body?: string },
  ): Promise<Response>;
  /** Makes a bucket. */
  makeBucket(name: string, headers?: Record<string, string>): Promise<void>;
}

const KEYS = { accessKeyId: "access-of-the-tests", secretAccessKey: "s3cret-of-the-tests" };

/** A server's process. */
export interface S3Process extends S3Server {
  stop(): Promise<void>;
}

/** It ends with whoever started it, also when that is killed before it could stop it. */
const WITH_US = Bun.which("setpriv") === null ? [] : ["setpriv", "--pdeathsig", "TERM"];

const RADOSGW = "radosgw";
const radosgw = debianProgram({ suite: "sid", package: RADOSGW, program: "radosgw" });
const radosgwAdmin = debianProgram({ suite: "sid", package: RADOSGW, program: "radosgw-admin" });

/**
 * Ceph's gateway on plain files, without a cluster: it checks signatures and checksums, and heeds conditions. Its listing of a
 * bucket is right once: what is written after it is listed twice, the second time without a size.
 */
export async function runRadosgw(directory: string): Promise<S3Process> {
  const port = freePort();
  for (const one of ["db", "posix", "root"]) mkdirSync(join(directory, one));
  const libraries = await librariesOf(radosgw);
  writeFileSync(join(directory, "ceph.conf"), cephConfig(directory, port, libraries));
  const common = ["-c", join(directory, "ceph.conf"), "-n", "client.rgw", "--no-mon-config"];
  const { accessKeyId, secretAccessKey } = KEYS;
  const keys = [`--access-key=${accessKeyId}`, `--secret-key=${secretAccessKey}`];
  const user = ["user", "create", "--uid=tests", "--display-name=Tests", ...keys];
  const made = Bun.spawnSync([radosgwAdmin, ...common, ...user], { stderr: "pipe" });
  if (made.exitCode !== 0) throw new Error(`radosgw-admin: ${made.stderr}`);
  return start([radosgw, ...common, "-f"], { directory, port });
}

const cephConfig = (directory: string, port: number, libraries: string): string => `[global]
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
plugin_dir = ${libraries}/ceph
erasure_code_dir = ${libraries}/ceph/erasure-code
admin_socket = ${directory}/socket
log_file = ${directory}/ceph.log
run_dir = ${directory}
[client.rgw]
rgw_data = ${directory}
rgw_config_store = dbstore
dbstore_config_uri = file:${directory}/db/config.db
dbstore_db_dir = ${directory}/db
rgw_backend_store = dbstore
rgw_filter = posix
rgw_posix_base_path = ${directory}/posix
rgw_posix_database_root = ${directory}/root
rgw_frontends = beast endpoint=127.0.0.1:${port}
`;

/** The folder of a program's libraries that has one of this name. */
async function librariesOf(starter: string): Promise<string> {
  const all = (await Bun.file(join(dirname(dirname(starter)), "libraries")).text()).trim().split(":");
  return all.find((one) => one.endsWith("/ceph"))?.replace(/\/ceph$/, "") ?? "";
}

const python = debianProgram({
  suite: "sid",
  package: "python3-moto,python3-flask-cors",
  program: "python3",
});

const pythonHome = join(dirname(dirname(python)), "usr");
const pythonEnv = {
  PYTHONHOME: pythonHome,
  PYTHONPATH: join(pythonHome, "lib/python3/dist-packages"),
  PYTHONDONTWRITEBYTECODE: "1",
  PYTHONWARNINGS: "ignore",
  HOME: "/nonexistent",
};

/**
 * Left to itself moto looks whether an object is there and writes it later, so that several writers can win. S3 decides in one
 * step, and so it does here: a request is read whole, and then answered alone.
 */
const MOTO = `import io, sys, threading
from moto import server
one, run = threading.Lock(), server.run_simple

def run_alone(host, port, app, **options):
    def alone(environ, start_response):
        length, stream = environ.get("CONTENT_LENGTH"), environ["wsgi.input"]
        is_chunked = environ.get("wsgi.input_terminated") and not length
        body = stream.read() if is_chunked else stream.read(int(length or 0))
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        with one:
            return [b"".join(app(environ, start_response))]
    run(host, port, alone, **options)

server.run_simple = run_alone
server.main(sys.argv[1:])
`;

/** moto: it has versions, object lock and lifecycle rules, and checks no signature. */
export const runMoto = async (directory: string): Promise<S3Process> => {
  const port = freePort();
  const command = [python, "-c", MOTO, "-H", "127.0.0.1", "-p", String(port)];
  return start(command, { directory, port, env: pythonEnv });
};

/** Runs a script with Amazon's own client `s3` for Python, as a second opinion. @returns what it printed, as JSON */
export async function askBoto({ options }: S3Server, script: string): Promise<unknown> {
  const head = `import boto3, json, sys
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url="${options.url}", region_name="us-east-1",
  aws_access_key_id="${options.accessKeyId}", aws_secret_access_key="${options.secretAccessKey}",
  config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))
`;
  const child = Bun.spawn([python, "-c", head + script], { env: pythonEnv, stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`boto3: ${stderr}`);
  return JSON.parse(stdout);
}

interface Starting {
  readonly directory: string;
  readonly port: number;
  readonly env?: Readonly<Record<string, string>>;
}

async function start(
  command: readonly string[],
  { directory, port, env = {} }: Starting,
): Promise<S3Process> {
  const log = join(directory, "output");
  const child = Bun.spawn([...WITH_US, ...command], {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdout: Bun.file(log),
    stderr: Bun.file(log),
  });
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await child.exited;
  };
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child, log).catch(async (error) => {
    await stop();
    throw error;
  });
  return { ...serverAt(url), stop };
}

/** A server that runs already. */
function serverAt(url: string): S3Server {
  const call: S3Server["call"] = (method, path, { query = "", headers = {}, body } = {}) => {
    const sums = body === undefined ? {} : { "content-md5": createHash("md5").update(body).digest("base64") };
    const unsigned = { method, host: new URL(url).host, path, query };
    const all = signed(
      { ...unsigned, headers: { ...headers, ...sums }, bodySha256: sha256Of(body ?? "") },
      { keys: KEYS, region: "us-east-1", now: new Date() },
    );
    const address = `${url}${path}${query === "" ? "" : `?${query}`}`;
    return fetch(address, { method, headers: all, ...(body === undefined ? {} : { body }) });
  };
  return {
    url,
    options: { url, ...KEYS },
    call,
    async makeBucket(name, headers = {}) {
      const { status } = await call("PUT", `/${name}`, { headers });
      if (status !== 200) throw new Error(`the bucket ${name} was not made: ${status}`);
    },
  };
}

function freePort(): number {
  const server = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  const { port } = server;
  server.stop(true);
  return port;
}

async function untilReady(url: string, child: Bun.Subprocess, log: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await Bun.sleep(50)) {
    if (child.exitCode !== null) throw new Error(`the server ended:\n${await Bun.file(log).text()}`);
    const ready = await fetch(url).catch(() => undefined);
    if (ready?.ok) return;
  }
  throw new Error(`the server is not ready after 60 s:\n${await Bun.file(log).text()}`);
}
