/**
 * What plugins of others are written against: names that are here stay, and a new one is added on purpose. What the types say
 * is checked by every plugin of this repository.
 */
import { expect, test } from "bun:test";
import * as testing from "../../src/conformance/testing.ts";
import * as contextcore from "../../src/contract/contextcore.ts";
import { FACES, HOOKS } from "../../src/host/apart/messages.ts";
import { contractFiles } from "../../src/scaffold/contract-files.ts";

const typesIn = (text: string): string[] =>
  [...text.matchAll(/^export (?:declare )?(?:interface|type|namespace) (\w+)/gm)]
    .map(([, name = ""]) => name)
    .sort();

test("the names of the entry `contextcore`", () => {
  expect(Object.keys(contextcore).sort()).toMatchInlineSnapshot(`
    [
      "CONTRACT_VERSION",
      "GrowingBuffer",
      "IMPORTANCES",
      "NS_PER_MS",
      "NS_PER_SECOND",
      "PluginError",
      "ProtobufReader",
      "ProtobufWriter",
      "SIGNALS",
      "askedOnce",
      "checkShape",
      "decodeCursor",
      "defineLab",
      "definePlugin",
      "directorySize",
      "encodeCursor",
      "formatBytes",
      "formatDuration",
      "fromMs",
      "fromRfc3339",
      "given",
      "halves",
      "holdsWord",
      "ignoredTenant",
      "isFault",
      "isKind",
      "isLitter",
      "isObjectName",
      "isOfThisCall",
      "isOff",
      "isOverload",
      "lineRecords",
      "memberAt",
      "messageOf",
      "nanoseconds",
      "objectOf",
      "openObject",
      "option",
      "parseBytes",
      "parseDuration",
      "parseExact",
      "parseShape",
      "parseYaml",
      "replaceFile",
      "requireObjectName",
      "safeFileName",
      "settingsReader",
      "shownLimits",
      "singleFlight",
      "sleep",
      "span",
      "syncDirectory",
      "systemCode",
      "systemRefusal",
      "toMs",
      "toRfc3339",
      "toYaml",
      "treePaths",
      "undefinedOn",
      "unlessOff",
      "v",
      "whatDiffers",
      "windows",
      "windowsOrSpans",
      "withoutIdentifier",
    ]
  `);
});

test("the types of the entry `contextcore`", () => {
  expect(typesIn(contractFiles("0")["index.d.ts"] ?? "")).toMatchInlineSnapshot(`
    [
      "Ask",
      "AuditRecord",
      "Backend",
      "ByteRange",
      "ByteRecords",
      "Content",
      "Context",
      "CountRequest",
      "CountSplit",
      "Counts",
      "Cursor",
      "DashboardDocument",
      "DashboardDraft",
      "DashboardFolder",
      "DashboardListing",
      "DashboardStore",
      "Diagnostic",
      "Differing",
      "EraseAnswer",
      "EraseRequest",
      "ErasureOutcome",
      "ErrorKind",
      "Existing",
      "Expirable",
      "ExpireAnswer",
      "ExpireRequest",
      "ExportRequest",
      "Exporter",
      "FindRequest",
      "Found",
      "HttpAnswer",
      "HttpClient",
      "HttpRequest",
      "Importance",
      "Instead",
      "Inventory",
      "Json",
      "JsonObject",
      "Lab",
      "LabServer",
      "LifecycleRule",
      "Limit",
      "LimitEffect",
      "LineMatcher",
      "LineRecords",
      "Logger",
      "NewObject",
      "ObjectComparison",
      "ObjectFile",
      "OptionsSchema",
      "PlacedDashboard",
      "Plugin",
      "PluginErrorOptions",
      "Problem",
      "ProblemKind",
      "Range",
      "Records",
      "RefusalOptions",
      "Rejected",
      "Replacing",
      "RestoreAnswer",
      "RestoreBatch",
      "RestoreDiagnostic",
      "RestoreFile",
      "RestoreLine",
      "RestorePlan",
      "RestoreSeverity",
      "Restorer",
      "SavedBefore",
      "ScratchServer",
      "SettingsReader",
      "Signal",
      "Sink",
      "Size",
      "Split",
      "Start",
      "Step",
      "Store",
      "StoreLifecycle",
      "StoredData",
      "StoredErasure",
      "StoredObject",
      "StoredRecord",
      "SystemRefusal",
      "TreeNode",
      "UnpackedFile",
      "option",
    ]
  `);
});

test("the names and types of the entry `contextcore/testing`", () => {
  expect(Object.keys(testing).sort()).toMatchInlineSnapshot(`
    [
      "createTestContext",
      "testPlugin",
    ]
  `);
  expect(typesIn(contractFiles("0")["testing.d.ts"] ?? "")).toMatchInlineSnapshot(`
    [
      "TestContext",
      "TestContextOptions",
      "TestPluginOptions",
    ]
  `);
});

test("the options of `option`", () => {
  expect(Object.keys(contextcore.option).sort()).toMatchInlineSnapshot(`
    [
      "TIME_LIMITS",
      "duration",
      "integer",
      "path",
      "place",
      "secret",
      "serverOptions",
      "text",
    ]
  `);
});

test("the sides that a plugin has, and their hooks", () => {
  expect(FACES).toMatchInlineSnapshot(`
    [
      "backend",
      "sink",
      "store",
    ]
  `);
  expect(HOOKS).toMatchInlineSnapshot(`
    {
      "backend": [
        "inventory",
        "size",
        "count",
        "splitCount",
        "limits",
        "flush",
        "tenants",
        "find",
        "erase",
        "stored.find",
        "stored.records",
        "stored.erase",
        "findExpired",
        "expire",
        "export.checkMatch",
        "export.start",
        "export.step",
        "export.split",
        "export.read",
        "export.continueFrom",
        "restore.rank",
        "restore.ranks",
        "restore.matcher",
        "restore.selection",
        "restore.preflight",
        "restore.compare",
        "restore.apply",
        "restore.applyBytes",
        "restore.applyContents",
        "restore.settleMs",
        "dashboards.list",
        "dashboards.read",
        "dashboards.parse",
        "dashboards.write",
        "dashboards.remove",
        "dashboards.createFolder",
        "dashboards.renameFolder",
        "dashboards.removeFolder",
      ],
      "sink": [
        "probe",
        "deliver",
        "history",
      ],
      "store": [
        "list",
        "stat",
        "read",
        "write",
        "remove",
        "retainUntil",
        "lifecycle.read",
        "lifecycle.write",
        "lifecycle.retrieval",
      ],
    }
  `);
});

test("the version of the contract", () => {
  expect(contextcore.CONTRACT_VERSION).toBe(1);
});
