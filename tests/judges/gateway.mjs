// Runs supergraphs as Apollo's gateway does. A job a line on standard input: {supergraph}, answered by {} once it is loaded, or {query,
// variables} for the one loaded last, answered by its response; {crash} where the gateway throws.
import { createHash } from "node:crypto";
import { createInterface } from "node:readline";
import { ApolloGateway } from "@apollo/gateway";
import { getOperationAST, parse } from "graphql";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
let gateway, schema;

async function load(supergraphSdl) {
  await gateway?.stop();
  gateway = new ApolloGateway({ supergraphSdl, logger: silent });
  gateway.onSchemaLoadOrUpdate(({ apiSchema }) => (schema = apiSchema));
  await gateway.load();
  return {};
}

async function run(query, variables) {
  const document = parse(query);
  const operation = getOperationAST(document);
  const { data = null, errors } = await gateway.executor({
    request: { query, variables }, document, operation, schema, source: query, operationName: operation.name?.value,
    queryHash: createHash("sha256").update(query).digest("hex"), context: {}, metrics: {}, logger: silent,
  });
  return { data, errors };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { supergraph, query, variables } = JSON.parse(line);
  let result;
  try {
    result = supergraph ? await load(supergraph) : await run(query, variables);
  } catch (error) {
    result = { crash: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
