/** A server of models that says with each event when it sent it, and one with an answer of 300 MB. Prints its address. */
const encoder = new TextEncoder();
const PIECE = new Uint8Array(64 << 10).fill(120);

/** One event each so many ms. */
const events = (count: number, everyMs: number): ReadableStream<Uint8Array> => {
  let left = count;
  return new ReadableStream(
    {
      async pull(controller) {
        if (left === 0) {
          controller.enqueue(encoder.encode("data: [DONE]\n\n"));
          controller.close();
          return;
        }
        left -= 1;
        await Bun.sleep(everyMs);
        const sent = performance.timeOrigin + performance.now();
        const delta = { content: " a token or two of text" };
        const event = { id: "c1", model: "m", sent, choices: [{ index: 0, delta, finish_reason: null }] };
        controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
      },
    },
    { highWaterMark: 0 },
  );
};

let given = 0;
const large = (): ReadableStream<Uint8Array> => {
  let left = 300 << 4;
  return new ReadableStream(
    {
      pull(controller) {
        if (left === 0) return controller.close();
        left -= 1;
        given += PIECE.length;
        controller.enqueue(PIECE);
      },
    },
    { highWaterMark: 0 },
  );
};

const CHAT = JSON.stringify({
  model: "m",
  choices: [{ index: 0, message: { role: "assistant", content: "Yes." }, finish_reason: "stop" }],
});

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  idleTimeout: 0,
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/given") return new Response(String(given));
    if (pathname === "/large") return new Response(large());
    const { events: count = 0, everyMs = 0 } = JSON.parse(await request.text());
    if (count === 0) return new Response(CHAT, { headers: { "Content-Type": "application/json" } });
    return new Response(events(count, everyMs), { headers: { "Content-Type": "text/event-stream" } });
  },
});
console.log(`http://127.0.0.1:${server.port}`);
