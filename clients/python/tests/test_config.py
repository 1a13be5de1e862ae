import os
import tempfile
import unittest
from pathlib import Path
from typing import Any
from unittest import mock

import bursar
from bursar._config import load

KEY = "bsr_test_id_secret_sum"


class Config(unittest.TestCase):
    def setUp(self) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("BURSAR_")}
        patch = mock.patch.dict(os.environ, clean, clear=True)
        patch.start()
        self.addCleanup(patch.stop)

    def refused(self, **options: Any) -> str:
        with self.assertRaises(bursar.BursarError) as raised:
            bursar.Client(**{"url": "https://localhost:1", "api_key": KEY, **options})
        self.assertIs(raised.exception.reason, bursar.Reason.INVALID_CONFIG)
        self.assertEqual(raised.exception.code.name, "INVALID_ARGUMENT")
        self.assertTrue(raised.exception.definite)
        self.assertNotIn("secret", str(raised.exception))
        return raised.exception.message

    def test_what_is_missing_is_named(self) -> None:
        self.assertIn("BURSAR_URL", self.refused(url=None))
        self.assertIn("BURSAR_API_KEY", self.refused(api_key=None))

    def test_the_environment_counts(self) -> None:
        with mock.patch.dict(os.environ, {"BURSAR_URL": "http://[::1]:7", "BURSAR_API_KEY": KEY}):
            config = load(None, None, None, None, None, 10, 0)
        self.assertEqual(config.target, "dns:///[::1]:7")
        self.assertEqual(config.metadata, (("authorization", f"Bearer {KEY}"),))
        self.assertEqual(config.max_attempts, 1)
        with mock.patch.dict(os.environ, {"BURSAR_URL": "nonsense"}):
            self.assertIn("BURSAR_URL", self.refused(url=None))

    def test_urls_that_cannot_be_used(self) -> None:
        for url in ("localhost:50051", "ftp://h:1", "http://", "http://h:99999", "http://h:1/x", "http://a b:1", "//h"):
            self.assertIn("http://host:port", self.refused(url=url), url)
        self.assertNotIn("hunter2", self.refused(url="http://me:hunter2@h:1"))

    def test_keys_that_cannot_be_used(self) -> None:
        for key in (f"{KEY}\n", f"{KEY} ", "schlüssel"):
            self.assertIn("api_key", self.refused(api_key=key))

    def test_files_that_cannot_be_used(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            no_pem = Path(folder, "no.pem")
            no_pem.write_text("nothing")
            self.assertIn("cannot be read", self.refused(ca_file=Path(folder, "gone.pem")))
            self.assertIn("no PEM certificates", self.refused(ca_file=no_pem))
            self.assertIn("client_key_file", self.refused(client_cert_file=no_pem, client_key_file=no_pem))
            self.assertIn("BURSAR_CLIENT_KEY_FILE", self.refused(client_cert_file=no_pem))
            self.assertIn("https://", self.refused(url="http://h:1", ca_file=no_pem))

    def test_numbers_that_cannot_be_used(self) -> None:
        self.assertIn("timeout", self.refused(timeout=0))
        self.assertIn("max_attempts", self.refused(max_attempts=-1))

    def test_the_key_is_never_shown(self) -> None:
        with bursar.Client("http://localhost:1", KEY) as client:
            self.assertEqual(repr(client), "bursar.Client('http://localhost:1')")
        config = load("http://localhost:1", KEY, None, None, None, 10, 8)
        self.assertNotIn("secret", repr(config))
