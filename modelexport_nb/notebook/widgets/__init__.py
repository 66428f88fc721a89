"""The live views (anywidget) and what they send."""
