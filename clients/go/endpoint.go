package bursar

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"

	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
)

// endpoint turns the URL and the files into what gRPC takes.
func (s *settings) endpoint() (target string, transport credentials.TransportCredentials, err error) {
	address, secure, err := s.url.address()
	if err != nil {
		return "", nil, err
	}
	target = "dns:///" + address
	if secure {
		config, err := s.tlsConfig()
		if err != nil {
			return "", nil, err
		}
		return target, credentials.NewTLS(config), nil
	}
	// The caller believes in TLS, and the key would travel in plain text.
	for _, file := range []setting{s.ca, s.cert, s.certKey} {
		if file.value != "" {
			return "", nil, invalidConfig("%s is for TLS, and %s is http://: make it https://, or take %s out",
				file.name, s.url.name, file.name)
		}
	}
	if s.tls != nil {
		return "", nil, invalidConfig("WithTLSConfig is for TLS, and %s is http://: make it https://", s.url.name)
	}
	return target, insecure.NewCredentials(), nil
}

// address reads host:port out of a URL. A message never shows the text: somebody may have put a key into it.
func (s setting) address() (address string, secure bool, err error) {
	const right = "write http://host:port or https://host:port"
	if s.value == "" {
		return "", false, invalidConfig("no address of a server: set BURSAR_URL or use WithURL; %s", right)
	}
	parsed, err := url.Parse(s.value)
	if err != nil {
		return "", false, invalidConfig("%s is not a URL: %s", s.name, right)
	}
	port := ""
	switch parsed.Scheme {
	case "http":
		port = "80"
	case "https":
		port, secure = "443", true
	default:
		return "", false, invalidConfig("%s does not begin with http:// or https://: %s", s.name, right)
	}
	if parsed.User != nil || parsed.RawQuery != "" || parsed.Fragment != "" || (parsed.Path != "" && parsed.Path != "/") {
		return "", false, invalidConfig("%s has more than a host and a port: %s", s.name, right)
	}
	if parsed.Hostname() == "" {
		return "", false, invalidConfig("%s has no host: %s", s.name, right)
	}
	if given := parsed.Port(); given != "" {
		if number, err := strconv.ParseUint(given, 10, 16); err != nil || number == 0 {
			return "", false, invalidConfig("%s has a port that is not 1 to 65535: %s", s.name, right)
		}
		port = given
	}
	return net.JoinHostPort(parsed.Hostname(), port), secure, nil
}

func (s *settings) tlsConfig() (*tls.Config, error) {
	if s.tls != nil {
		return s.tls.Clone(), nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.ca.value != "" {
		pem, err := os.ReadFile(s.ca.value)
		if err != nil {
			return nil, invalidConfig("%s cannot be read: %v", s.ca.name, err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, invalidConfig("%s: %s holds no certificate in PEM form", s.ca.name, s.ca.value)
		}
	}
	cert, key := s.cert, s.certKey
	if cert.value == "" && key.value == "" {
		return config, nil
	}
	for _, file := range []setting{cert, key} {
		if file.value == "" {
			return nil, invalidConfig("%s is empty: mutual TLS takes both the certificate and the private key", file.name)
		}
	}
	read := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(cert.value, key.value)
		return &pair, err
	}
	if _, err := read(); err != nil {
		return nil, invalidConfig("%s and %s cannot be used: %v", cert.name, key.name, err)
	}
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return read() }
	return config, nil
}

// bearer puts the key into the metadata of each call. The key is in a field that no text form shows.
type bearer struct{ header map[string]string }

func newBearer(key setting) (*bearer, error) {
	for _, char := range key.value {
		if char <= ' ' || char > '~' {
			return nil, invalidConfig("%s has a character that no key has, such as a space or the end of a line", key.name)
		}
	}
	return &bearer{map[string]string{"authorization": "Bearer " + key.value}}, nil
}

// GetRequestMetadata implements credentials.PerRPCCredentials.
func (b *bearer) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return b.header, nil
}

// RequireTransportSecurity implements credentials.PerRPCCredentials: http:// is for development and for meshes.
func (b *bearer) RequireTransportSecurity() bool { return false }

// Format keeps the key out of every text form.
func (b bearer) Format(state fmt.State, _ rune) { _, _ = state.Write([]byte("bearer(hidden)")) }
