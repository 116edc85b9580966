/** Replaces the file that it is told, without end. */
import { replaceFile } from "contextcore";

async function* endless(): AsyncGenerator<Uint8Array> {
  yield Buffer.from("half");
  console.log("written");
  await Bun.sleep(60_000);
}

await replaceFile(process.argv[2] ?? "", endless(), new AbortController());
