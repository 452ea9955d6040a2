// GraphiQL over our own endpoint: queries by HTTP, subscriptions by graphql-transport-ws. What stands in the headers
// editor goes with each request, and into connection_init, from where the router reads the token of a subscription.
// Where the router has presets, one chooses an account, whose token goes along unless the editor has another.
const meta = (name) => document.querySelector(`meta[name="${name}"]`).content;
const path = meta("graphql-path");
const send = GraphiQL.createFetcher({ url: path, subscriptionUrl: location.origin.replace(/^http/, "ws") + path });
const EARLY = 30_000; // ms before a token ends

async function logIn(presets, account) {
  const body = JSON.stringify({ query: presets.logIn, variables: account.variables });
  const answer = await fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body });
  const { data, errors } = await answer.json();
  const outcome = Object.values(data ?? {})[0];
  if (!outcome?.accessToken) throw new Error(outcome?.message ?? errors?.[0]?.message ?? "no token came");
  return { header: `Bearer ${outcome.accessToken}`, ends: Date.parse(outcome.expiresAt) - EARLY };
}

function chooser(presets) {
  const form = document.getElementById("who");
  const [select, told] = [form.querySelector("select"), form.querySelector("output")];
  let token = null;
  select.append(new Option("nobody", ""), ...presets.accounts.map((account) => new Option(account.name)));
  select.value = localStorage.getItem("account") ?? "";
  if (select.selectedIndex < 0) select.value = "";
  form.hidden = false;

  async function authorization() {
    const account = presets.accounts.find((one) => one.name === select.value);
    if (account && !(token && token.ends > Date.now())) token = await logIn(presets, account);
    return account ? { Authorization: token.header } : {};
  }
  async function changed() {
    token = null;
    localStorage.setItem("account", select.value);
    told.value = await authorization().then(() => "", (error) => error.message);
  }
  select.addEventListener("change", changed);
  return authorization;
}

async function start() {
  const answer = meta("presets-path") && (await fetch(meta("presets-path")));
  const presets = answer.ok ? await answer.json() : null;
  const authorization = presets ? chooser(presets) : async () => ({});
  const named = (headers) => Object.keys(headers ?? {}).some((name) => name.toLowerCase() === "authorization");
  const fetcher = async (params, options) => {
    const headers = named(options?.headers) ? {} : await authorization();
    return send(params, { ...options, headers: { ...headers, ...options?.headers } });
  };
  const hint = presets
    ? "# Choose above as whom you are logged in.\n\n"
    : '# Put the access token into the headers editor below:\n# {"Authorization": "Bearer …"}\n\n';

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher,
      defaultQuery: `${hint}query {\n  __typename\n}\n`,
      defaultTabs: presets?.examples,
      defaultEditorToolsVisibility: presets ? "variables" : "headers",
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: presets !== null,
    }),
  );
}

start();
