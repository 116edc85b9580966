/** Tools that ran, and the calls that asked for them. */
import { expect, test } from "bun:test";
import { call, chat, request, START, span, taken } from "./spans.ts";

const tool = (more: Readonly<Record<string, string>>, parts = {}, afterMs = 5_000) =>
  span({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "look", ...more }, parts, afterMs);

const result = { "gen_ai.tool.call.result": '{"seen":"a cat"}' };

const joined = {
  name: "look",
  arguments: { at: 1 },
  result: { seen: "a cat" },
  status: "answered",
  called: new Date(START + 5_000).toISOString(),
  answered: new Date(START + 7_000).toISOString(),
};

test.each<[string, readonly object[]]>([
  [
    "by the call's id",
    [chat({ "gen_ai.output.messages": call("c1") }), tool({ "gen_ai.tool.call.id": "c1", ...result })],
  ],
  [
    "also where its span comes before",
    [tool({ "gen_ai.tool.call.id": "c1", ...result }), chat({ "gen_ai.output.messages": call("c1") })],
  ],
  ["by its name, where it says no id", [chat({ "gen_ai.output.messages": call("c1") }), tool(result)]],
  [
    "by its name, where the call has no id",
    [chat({ "gen_ai.output.messages": call(undefined) }), tool({ "gen_ai.tool.call.id": "c1", ...result })],
  ],
  [
    "where the run says nothing of it",
    [chat(), tool({ ...result, "gen_ai.tool.call.arguments": '{"at":1}' })],
  ],
  [
    "as OpenInference writes it",
    [
      chat({ "gen_ai.output.messages": call("c1") }),
      span(
        {
          "openinference.span.kind": "TOOL",
          "tool.name": "look",
          "input.value": '{"at":1}',
          "output.value": '{"seen":"a cat"}',
        },
        {},
        5_000,
      ),
    ],
  ],
  [
    "as OpenLLMetry writes it",
    [
      chat({ "gen_ai.output.messages": call("c1") }),
      span(
        {
          "traceloop.span.kind": "tool",
          "traceloop.entity.name": "look",
          "traceloop.entity.output": '{"seen":"a cat"}',
        },
        {},
        5_000,
      ),
    ],
  ],
  [
    "as the AI SDK writes it",
    [
      chat({ "gen_ai.output.messages": call("c1") }),
      span(
        {
          "ai.operationId": "ai.toolCall",
          "ai.toolCall.name": "look",
          "ai.toolCall.id": "c1",
          "ai.toolCall.result": '{"seen":"a cat"}',
        },
        {},
        5_000,
      ),
    ],
  ],
])("a tool that ran is joined to its call %s", async (_, spans) => {
  for (const requests of [[request(spans)], [request(spans), request(spans)]]) {
    const { runs } = await taken(...requests);
    expect(runs.map(({ toolCalls }) => toolCalls)).toEqual([[expect.objectContaining(joined)]]);
  }
});

test("calls that are numbered anew in each answer have each the tool that ran for it", async () => {
  const { runs } = await taken(
    request([
      chat({ "gen_ai.output.messages": call("call_0") }),
      tool({ "gen_ai.tool.call.id": "call_0", "gen_ai.tool.call.result": "first" }, {}, 3_000),
      chat({ "gen_ai.output.messages": call("call_0") }, {}, 6_000),
      tool({ "gen_ai.tool.call.id": "call_0", "gen_ai.tool.call.result": "second" }, {}, 9_000),
    ]),
  );
  expect(runs.map(({ toolCalls }) => toolCalls.map((one) => one.result))).toEqual([["first"], ["second"]]);
});

test("a tool that failed says so, and why", async () => {
  const { runs } = await taken(
    request([
      chat({ "gen_ai.output.messages": call("c1") }),
      tool(
        { "gen_ai.tool.call.id": "c1" },
        { status: { code: "STATUS_CODE_ERROR", message: "no such cat" } },
      ),
    ]),
  );
  expect(runs[0]?.toolCalls).toEqual([expect.objectContaining({ status: "error", result: "no such cat" })]);
});

test("a tool's span that is sent before that of its run waits for it", async () => {
  const { runs, counts } = await taken(
    request([tool({ "gen_ai.tool.call.id": "c1", ...result })]),
    request([chat({ "gen_ai.output.messages": call("c1") })]),
    "until a tool is joined",
  );
  expect(runs).toHaveLength(1);
  expect(counts).toEqual({ run: 1, tool: 1, left: 0, rejected: 0, orphaned: 0 });
  expect(runs[0]?.toolCalls[0]).toMatchObject({ status: "answered", result: { seen: "a cat" } });
});
