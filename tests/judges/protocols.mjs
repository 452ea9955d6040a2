// graphql-http's audit of GraphQL over HTTP, and the reference clients of both stream protocols, against one address.
// Ends with 1 if the audit has an error or a warning, or if a client gets another answer than it should.
import { auditServer } from "graphql-http";
import { createClient as createEventClient } from "graphql-sse";
import { createClient as createSocketClient } from "graphql-ws";
import WebSocket from "ws";

const url = process.argv[2];
let failed = false;

const counts = { ok: 0, notice: 0, warn: 0, error: 0 };
for (const result of await auditServer({ url })) {
  counts[result.status] += 1;
  if (result.status !== "ok") console.log(`${result.status.padEnd(7)} ${result.id} ${result.name}: ${result.reason}`);
}
console.log(`audit   ${Object.entries(counts).map(([status, count]) => `${count} ${status}`).join(", ")}`);
failed ||= counts.warn + counts.error > 0;

async function ask(client, query, most) {
  const results = [];
  try {
    for await (const result of client.iterate({ query })) {
      if (results.push(result.errors ? "errors" : JSON.stringify(result.data)) === most) break;
    }
  } catch (error) {
    results.push(Array.isArray(error) ? "errors" : String(error));
  }
  return results.join(" ");
}

const clients = {
  "graphql-sse": createEventClient({ url, retryAttempts: 0 }),
  "graphql-ws": createSocketClient({ url: url.replace("http", "ws"), webSocketImpl: WebSocket, retryAttempts: 0 }),
};
const expected = [
  ["{ hello }", '{"hello":"Hello world"}'],
  ["{ nope }", "errors"],
  ['mutation { rename(name: "x") }', '{"rename":"x"}'],
  ["subscription { ticks(to: 2) { number } }", '{"ticks":{"number":1}} {"ticks":{"number":2}}'],
  ["subscription { endless { seller { name } } }", '{"endless":{"seller":{"name":"Ann"}}} '.repeat(3).trim()],
];
for (const [name, client] of Object.entries(clients)) {
  for (const [query, answer] of expected) {
    const given = await ask(client, query, 3);
    console.log(`${given === answer ? "ok     " : "FAILED "} ${name}: ${query}${given === answer ? "" : `: ${given}`}`);
    failed ||= given !== answer;
  }
  await client.dispose();
}
process.exit(failed ? 1 : 0);
