/** Takes a copy of a database as the plugin does, and nothing else; prints how long that took, s. Argument: the database. */
import { takeCopy } from "../../plugins/sqlite/copy.ts";

await import("node:sqlite"); // a program that runs has it already
const began = performance.now();
using _ = await takeCopy(process.argv[2] ?? "");
console.log((performance.now() - began) / 1_000);
