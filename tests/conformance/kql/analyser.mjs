// Microsoft's own language service (@kusto/language-service-next) over KQL, against the tables of Log Analytics.
//   node analyser.mjs SCHEMAS.json < {"name": "query", ...}
// Prints {"name": {"faults": ["line:column code message"], "columns": ["name"]}}. Nothing is fetched.
// The package is two scripts that put `Kusto` into the global object; both are run there.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { runInThisContext } from "node:vm";

const packed = dirname(createRequire(join(process.cwd(), "x.js")).resolve("@kusto/language-service-next/package.json"));
for (const script of ["bridge.min.js", "Kusto.Language.Bridge.min.js"]) {
  runInThisContext(readFileSync(join(packed, script), "utf8"), { filename: script });
}
const { KustoCode, GlobalState, Symbols } = globalThis.Kusto.Language;

const WATCHLIST = "{ datatable(_DTItemId:string, LastUpdatedTimeUTC:datetime, SearchKey:string, WatchlistItem:dynamic)[] }";
const columns = (table) => "(" + Object.entries(table).map(([name, kind]) => `['${name}']: ${kind}`).join(", ") + ")";
const listed = (list) => Array.from({ length: list.Count }, (_, index) => list.getItem(index));

const tables = Object.entries(JSON.parse(readFileSync(process.argv[2], "utf8")));
const members = tables.map(([name, table]) => new Symbols.TableSymbol.$ctor7(name, columns(table), null));
members.push(new Symbols.FunctionSymbol.$ctor16("_GetWatchlist", "(watchlistAlias: string)", WATCHLIST, null));
const workspace = new Symbols.DatabaseSymbol.ctor("workspace", members);
const globals = GlobalState.Default.WithCluster(new Symbols.ClusterSymbol.ctor("logs", [workspace])).WithDatabase(workspace);

function analysed(query) {
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const faults = listed(code.GetDiagnostics())
    .filter(({ Severity }) => Severity === "Error")
    .map(({ Code, Message, Start }) => {
      const before = query.slice(0, Start).split("\n");
      return `${before.length}:${before.at(-1).length + 1} ${Code} ${Message}`;
    });
  const result = code.ResultType;
  return { faults, columns: result && result.Columns ? listed(result.Columns).map(({ Name }) => Name) : [] };
}

const asked = Object.entries(JSON.parse(readFileSync(0, "utf8")));
process.stdout.write(JSON.stringify(Object.fromEntries(asked.map(([name, query]) => [name, analysed(query)]))));
