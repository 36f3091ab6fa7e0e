"""Live figures: one anywidget a file, its ES module beside it."""
