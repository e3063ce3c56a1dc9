"""Support vector classification: the standard baseline of class tasks."""
