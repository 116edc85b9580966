/** A program that closes a log whose thread waits for something that never comes. Its argument is a pipe that nobody writes to. */
import { openLogThread } from "../../../src/service/relay/thread-log.ts";

const [, , pipe = ""] = process.argv;
const waits = `require("node:fs").openSync(${JSON.stringify(pipe)}, "r")`;
const Real = globalThis.Worker;
globalThis.Worker = class extends Real {
  constructor() {
    super(URL.createObjectURL(new Blob([waits])));
  }
};

const log = openLogThread({ path: "none", content: "none", onSetAside() {}, onLost() {} });
void log.begin("/v1/chat/completions", {}).end({ how: "passed" });
await log.close(500);
process.stdout.write("closed\n");
