// GraphiQL over our own endpoint: queries by HTTP, subscriptions by graphql-transport-ws. What stands in the headers
// editor goes with each request, and into connection_init, from where the router reads the token of a subscription.
const path = document.querySelector('meta[name="graphql-path"]').content;
const socket = location.origin.replace(/^http/, "ws") + path;

const fetcher = GraphiQL.createFetcher({ url: path, subscriptionUrl: socket });

const start = '# Put the access token into the headers editor below:\n# {"Authorization": "Bearer …"}\n\nquery {\n  __typename\n}\n';

ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: start,
    defaultEditorToolsVisibility: "headers",
    isHeadersEditorEnabled: true,
    shouldPersistHeaders: false,
  }),
);
