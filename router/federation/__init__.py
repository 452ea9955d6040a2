"""Apollo Federation's vocabulary: schemas as records, `@link`ed features, the directives of each version, field sets.

What both the composer and the readers of supergraphs need to know, modelled once.
"""
