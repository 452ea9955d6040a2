"""Measures routers on the workload: CPU time a request first, because it is what a busy machine tells truly."""
