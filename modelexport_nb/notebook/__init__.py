"""The notebook part: magic, widget and static views. A skin on the engine, which knows nothing of it."""
