"""Carries the scenarios of tests/conformance/scenarios out through the Python client. Not part of the package."""
