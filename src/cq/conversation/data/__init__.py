"""Data of the conversation room, read as package resources; no code."""
