// Apollo Client and urql, as docs/clients has them, against CareGraph: both page a list and get an event that they missed.
import assert from "node:assert/strict";
import { gql as apolloGql } from "@apollo/client";
import { gql } from "@urql/core";
import { WebSocket } from "ws";
import * as apollo from "./apollo.mjs";
import * as urql from "./urql.mjs";

globalThis.WebSocket ??= WebSocket; // browsers have one, Node 20 does not
const [url, email, password] = process.argv.slice(2);
const LOG_IN = `mutation ($email: String!, $password: String!) {
  logIn(input: { email: $email, password: $password }) { ... on LogInSuccess { accessToken } }
}`;
const PAGE = `query Practitioners($after: String) {
  practitioners(first: 2, after: $after) {
    edges { cursor node { id name { text } } }
    pageInfo { hasNextPage endCursor hasPreviousPage startCursor }
  }
}`;
const NEWS = "query { notifications(first: 2) { nodes { id cursor } } }";
const EVENT = "subscription ($after: String) { notificationReceived(after: $after) { id cursor } }";

async function logIn() {
  const body = JSON.stringify({ query: LOG_IN, variables: { email, password } });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  return (await answer.json()).data.logIn.accessToken;
}

const token = await logIn();
const ids = (data) => data.practitioners.edges.map((edge) => edge.node.id);
const ok = (text) => console.log(`ok: ${text}`);

async function withApollo() {
  const client = apollo.connect(url, async () => token);
  const query = client.watchQuery({ query: apolloGql(PAGE) });
  const shown = [];
  const subscription = query.subscribe(({ data, dataState }) => dataState === "complete" && shown.push(ids(data)));
  const first = await client.query({ query: apolloGql(PAGE) });
  await query.fetchMore({ variables: { after: first.data.practitioners.pageInfo.endCursor } });
  await new Promise((done) => setTimeout(done, 100));
  subscription.unsubscribe();
  assert.equal(new Set(shown.at(-1)).size, 4);
  assert.deepEqual(shown.at(-1).slice(0, 2), ids(first.data));
  ok("Apollo Client joins two pages by typePolicies");
  const [newest, before] = (await client.query({ query: apolloGql(NEWS) })).data.notifications.nodes;
  const event = await new Promise((next, error) => {
    client.subscribe({ query: apolloGql(EVENT), variables: { after: before.cursor } }).subscribe({ next, error });
  });
  assert.equal(event.data.notificationReceived.id, newest.id);
  ok("Apollo Client gets the notification after a cursor, over WebSocket");
}

async function withUrql() {
  const client = urql.connect(url, async () => token);
  const page = (after) => client.query(gql(PAGE), { after }).toPromise();
  const first = (await page(null)).data;
  const both = (await page(first.practitioners.pageInfo.endCursor)).data;
  assert.equal(new Set(ids(both)).size, 4);
  assert.deepEqual(ids(both).slice(0, 2), ids(first));
  ok("urql joins two pages by relayPagination");
  const [newest, before] = (await client.query(gql(NEWS), {}).toPromise()).data.notifications.nodes;
  const event = await new Promise((next) => client.subscription(gql(EVENT), { after: before.cursor }).subscribe(next));
  assert.equal(event.data?.notificationReceived.id, newest.id, String(event.error));
  ok("urql gets the notification after a cursor, as a server-sent event");
}

await withApollo();
await withUrql();
process.exit(0);
