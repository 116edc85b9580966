/** The lines of a stream, none longer than agreed. @throws RangeError for a longer one */
export async function* boundedLines(
  stream: ReadableStream<Uint8Array>,
  bytesMax: number,
): AsyncGenerator<string> {
  let open: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    let begin = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, begin)) {
      requireWithin(size + end - begin, bytesMax);
      yield Buffer.concat([...open, chunk.subarray(begin, end)]).toString();
      [open, size, begin] = [[], 0, end + 1];
    }
    open.push(chunk.subarray(begin));
    size += chunk.length - begin;
    requireWithin(size, bytesMax);
  }
}

const NEWLINE = 0x0a;

function requireWithin(bytes: number, bytesMax: number): void {
  if (bytes > bytesMax) throw new RangeError(`a line has more than ${bytesMax} bytes`);
}
