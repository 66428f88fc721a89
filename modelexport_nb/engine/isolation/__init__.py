"""Work on a model in a process of its own: what hangs, eats memory or crashes there ends as one of our errors here.

The child is a fresh interpreter (a fork of a process with torch's threads may hang), which imports neither the script
nor the notebook that called: cloudpickle carries the classes that were defined there. The weights go through one
file that the child maps into memory, so that nobody holds them twice and the user's model keeps its own.

A sweep's children, which do many jobs, are forked from a process that has imported everything and done nothing yet.
This package itself imports nothing: that process begins here.
"""
