"""Tests that need no Bursar server."""
