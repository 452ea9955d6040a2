"""Valid subgraphs → one supergraph: what each kind of element becomes when several subgraphs have it."""
