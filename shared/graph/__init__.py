"""GraphQL: how a subgraph's operation runs, from the router's signed request to the answer.

1. `view` checks the router's signature and the caller's token, and makes a `Context` of them.
2. `schema` finds the operation by its text (`operations` keeps what parsing and validation found), checks each field's own
   access rules, and executes it with graphql-core; `execution` completes what is made of plain fields alone in batches.
3. A field of Query is an entity by its id or a list (`entities`), which read rows by `context.fetch` and `context.find`: rows
   to be read only, each told to the audit trail.
4. A field of Mutation (`mutations`) reads its input into a command (`inputs`), calls a use case, and answers with its success
   or with the type of the refusal (`errors`), said in the client's language.
5. `results` stores the trail's entries, then lets the answer leave, without what a fault may quote.
"""
