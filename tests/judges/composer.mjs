// Composes as Apollo does. A job a line on standard input: {subgraphs: [{name, url, sdl}], supergraph, api, impossible}, the latter what
// another composer made of them: its supergraph and API schema, or null, and the queries that it says cannot be answered. A result a line:
// {schemas, answered}: the API schema, sorted: Apollo's first, then as Apollo reads it from the other's supergraph, then the other's own;
// {codes, messages, answered}: it does not compose;
// {crash}: Apollo's composer failed without telling a code.
// `answered`: Apollo's own planner can answer each query that either composer says cannot be answered, if there is a supergraph.
import { createInterface } from "node:readline";
import { composeServices } from "@apollo/composition";
import { Supergraph, operationFromDocument } from "@apollo/federation-internals";
import { QueryPlanner, prettyFormatQueryPlan } from "@apollo/query-planner";
import { buildSchema, lexicographicSortSchema, parse, printSchema } from "graphql";

const read = (supergraph) => Supergraph.build(supergraph, { supportedFeatures: null });
const sorted = (schema) => printSchema(lexicographicSortSchema(schema));
const apiOf = (supergraph) => sorted(read(supergraph).apiSchema().toGraphQLJSSchema());

function answers(supergraph, queries) {
  const graph = read(supergraph);
  const planner = new QueryPlanner(graph);
  try {
    const plans = queries.map((query) => planner.buildQueryPlan(operationFromDocument(graph.apiSchema(), parse(query))));
    // No subgraph answers a query for the mutation root's fields, though it is planned as if they were an entity's.
    return !plans.some((plan) => prettyFormatQueryPlan(plan).includes("... on Mutation {"));
  } catch {
    return false;
  }
}

function judge({ subgraphs, supergraph, api, impossible }) {
  let services;
  try {
    services = subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) }));
  } catch (error) {
    return { codes: ["INVALID_GRAPHQL"], messages: [error.message] };
  }
  const { errors, supergraphSdl } = composeServices(services);
  if (!errors) {
    const schemas = [apiOf(supergraphSdl), supergraph && apiOf(supergraph), api && sorted(buildSchema(api))];
    return { schemas, answered: answers(supergraphSdl, impossible) };
  }
  const messages = errors.map((error) => error.message);
  if (errors.some((error) => !error.extensions?.code)) return { crash: messages.join("\n") };
  const queries = messages.map((message) => message.match(/query:\n(\{.*?\n\})\n/s)?.[1]);
  return { codes: errors.map((error) => error.extensions.code), messages, answered: !!supergraph && answers(supergraph, queries) };
}

for await (const line of createInterface({ input: process.stdin })) {
  let result;
  try {
    result = judge(JSON.parse(line));
  } catch (error) {
    result = { crash: String(error.stack) };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
