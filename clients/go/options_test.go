package bursar

import (
	"crypto/tls"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
)

const testKey = "bsr_test_keyid_secret_checksum"

// clearEnvironment keeps what the machine has set out of a test.
func clearEnvironment(t *testing.T) {
	for _, name := range []string{
		"BURSAR_URL", "BURSAR_API_KEY", "BURSAR_CA_FILE", "BURSAR_CLIENT_CERT_FILE", "BURSAR_CLIENT_KEY_FILE",
	} {
		t.Setenv(name, "")
	}
}

func TestBadSettingsNameThemselves(t *testing.T) {
	clearEnvironment(t)
	none := filepath.Join(t.TempDir(), "none.pem")
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	secure := WithURL("https://localhost:1")
	for _, one := range []struct {
		names   string
		options []Option
	}{
		{"BURSAR_URL", nil},
		{"WithURL", []Option{WithURL("not a url")}},
		{"WithURL", []Option{WithURL("localhost:50051")}},
		{"WithURL", []Option{WithURL("ftp://localhost")}},
		{"WithURL", []Option{WithURL("http://")}},
		{"WithURL", []Option{WithURL("http://localhost:70000")}},
		{"WithURL", []Option{WithURL("http://localhost/path")}},
		{"WithURL", []Option{WithURL("http://" + testKey + "@localhost")}},
		{"BURSAR_API_KEY", []Option{WithURL("http://localhost:1")}},
		{"WithAPIKey", []Option{secure, WithAPIKey(testKey + "\n")}},
		{"WithCAFile", []Option{secure, WithAPIKey(testKey), WithCAFile(none)}},
		{"WithCAFile", []Option{secure, WithAPIKey(testKey), WithCAFile(empty)}},
		{"WithCAFile", []Option{WithURL("http://localhost"), WithAPIKey(testKey), WithCAFile(empty)}},
		{"WithTLSConfig", []Option{WithURL("http://localhost"), WithAPIKey(testKey), WithTLSConfig(&tls.Config{})}},
		{"WithClientCertificate", []Option{secure, WithAPIKey(testKey), WithClientCertificate(empty, "")}},
		{"WithClientCertificate", []Option{secure, WithAPIKey(testKey), WithClientCertificate(empty, empty)}},
	} {
		client, err := New(one.options...)
		var failed *Error
		if client != nil || !errors.As(err, &failed) || failed.Reason != ReasonInvalidConfig || !failed.Definite ||
			failed.Code != codes.InvalidArgument || !strings.Contains(err.Error(), one.names) {
			t.Errorf("%s: got %v, %v", one.names, client, err)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the message shows the key: %v", err)
		}
	}
}

func TestTheEnvironmentIsEnough(t *testing.T) {
	clearEnvironment(t)
	t.Setenv("BURSAR_URL", "https://ledger.example")
	t.Setenv("BURSAR_API_KEY", testKey)
	client, err := New()
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if target := client.Conn().Target(); target != "dns:///ledger.example:443" {
		t.Errorf("got %s", target)
	}
	t.Setenv("BURSAR_CA_FILE", "/nowhere/ca.pem")
	if _, err := New(); err == nil || !strings.Contains(err.Error(), "BURSAR_CA_FILE") {
		t.Errorf("got %v", err)
	}
	other, err := New(WithURL("http://[::1]:50051"), WithCAFile(""))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if target := other.Conn().Target(); target != "dns:///[::1]:50051" {
		t.Errorf("got %s", target)
	}
}

func TestTheKeyIsInNoText(t *testing.T) {
	clearEnvironment(t)
	client, err := New(WithURL("http://localhost:1"), WithAPIKey(testKey))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	key, err := newBearer(setting{testKey, "WithAPIKey"})
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{client, *client, key, *key, &caller{}} {
			if text := fmt.Sprintf(format, value); strings.Contains(text, "secret") {
				t.Errorf("%s of %T shows the key: %.200s", format, value, text)
			}
		}
	}
}
