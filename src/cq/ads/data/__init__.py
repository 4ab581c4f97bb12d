"""Data of the ads room, read as package resources; no code."""
