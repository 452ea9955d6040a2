"""Which headers of clients can change an answer, because subgraphs are sent them."""

from router.config import Subgraphs
from router.execution.headers import OF_ONE_REQUEST


def names_that_matter(config: Subgraphs) -> tuple[str, ...]:
    """The headers that any subgraph's rules read, lower case, but for those that differ with each request."""
    rules = [*config.all.headers, *(rule for own in config.named.values() for rule in own.headers)]
    propagated = [(rule.propagate, rule.rename or rule.propagate) for rule in rules if rule.propagate is not None]
    return tuple(sorted({read.lower() for read, sent in propagated if sent.lower() not in OF_ONE_REQUEST}))
