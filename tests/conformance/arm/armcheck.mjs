// Microsoft's validator (oav) over captured exchanges, against the specification of Resource Manager.
//   node armcheck.mjs SPEC_DIR PAIRS.jsonl RESULTS.jsonl
// A pair: {"id", "liveRequest": {method, url, headers, body}, "liveResponse": {statusCode, headers, body}}.
// A result: {"id", "operation", "unknown", "request": [fault], "response": [fault]}; a fault: {"code", "message", "at"}.
// Only the specifications of the providers that were asked are read: that is most of the time.
// The validator writes to stdout on its own, so results go to a file. Nothing is fetched.
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join, resolve } from "node:path";
import oav from "oav";

const [spec, pairs, results] = process.argv.slice(2);
const exchanges = readFileSync(pairs, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const providers = new Set(exchanges.flatMap(({ liveRequest }) => liveRequest.url.toLowerCase().match(/(?<=\/providers\/)[^/?]+/g) ?? []));
const seeds = Object.values(JSON.parse(readFileSync(join(spec, "SEEDS.json"), "utf8")))
  .flat()
  .filter((seed) => seed.toLowerCase().split("/").some((folder) => providers.has(folder)));

const validator = new oav.LiveValidator({
  directory: resolve(spec),
  git: { shouldClone: false },
  swaggerPaths: seeds.map((seed) => resolve(spec, seed)),
  isArmCall: true,
  isPathCaseSensitive: false,
  enableRoundTripValidator: false,
  loadValidatorInBackground: false,
  loadValidatorInInitialize: false,
});

const faults = (side) =>
  (side.errors ?? []).map(({ code, message, pathsInPayload }) => ({ code, message, at: (pathsInPayload ?? []).join(" ") }));

async function checked({ id, liveRequest, liveResponse }) {
  const both = await validator.validateLiveRequestResponse({ liveRequest, liveResponse });
  const { requestValidationResult: request, responseValidationResult: response } = both;
  const unknown = request.runtimeException ?? response.runtimeException ?? both.runtimeException;
  return {
    id,
    operation: unknown ? "" : request.operationInfo.operationId,
    unknown: unknown ? `${unknown.code}: ${unknown.message}` : "",
    request: faults(request),
    response: faults(response),
  };
}

await validator.initialize();
const out = openSync(results, "w");
for (const exchange of exchanges) {
  writeSync(out, `${JSON.stringify(await checked(exchange))}\n`);
}
closeSync(out);
