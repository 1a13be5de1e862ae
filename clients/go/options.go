package bursar

import (
	"crypto/tls"
	"os"
	"time"

	"google.golang.org/grpc"
)

// What holds when no option says otherwise.
const (
	defaultDeadline = 10 * time.Second
	defaultAttempts = 12
)

// setting is a value and where it came from, for messages.
type setting struct{ value, name string }

func environment(name string) setting { return setting{os.Getenv(name), name} }

type settings struct {
	url, key, ca, cert, certKey setting

	noKey    bool
	tls      *tls.Config
	deadline time.Duration
	attempts int
	dial     []grpc.DialOption
}

func fromEnvironment() settings {
	return settings{
		url:      environment("BURSAR_URL"),
		key:      environment("BURSAR_API_KEY"),
		ca:       environment("BURSAR_CA_FILE"),
		cert:     environment("BURSAR_CLIENT_CERT_FILE"),
		certKey:  environment("BURSAR_CLIENT_KEY_FILE"),
		deadline: defaultDeadline,
		attempts: defaultAttempts,
	}
}

// Option changes what [New] makes. An option comes before the environment variable of the same thing.
type Option func(*settings)

// WithURL says where the server is: http://host:port for plain text, https://host:port for TLS. BURSAR_URL otherwise.
func WithURL(url string) Option {
	return func(s *settings) { s.url = setting{url, "WithURL"} }
}

// WithAPIKey says who calls. BURSAR_API_KEY otherwise.
func WithAPIKey(key string) Option {
	return func(s *settings) { s.key, s.noKey = setting{key, "WithAPIKey"}, false }
}

// WithoutAPIKey makes a client that sends no key, for what needs none, such as health.
func WithoutAPIKey() Option {
	return func(s *settings) { s.key, s.noKey = setting{}, true }
}

// WithCAFile names a PEM file of the authorities to trust instead of the system's. BURSAR_CA_FILE otherwise; empty for the
// system's.
func WithCAFile(path string) Option {
	return func(s *settings) { s.ca = setting{path, "WithCAFile"} }
}

// WithClientCertificate names the PEM files of the certificate and private key to present (mutual TLS). They are read
// again for each connection, so that a renewed certificate is taken over. BURSAR_CLIENT_CERT_FILE and
// BURSAR_CLIENT_KEY_FILE otherwise; empty for none.
func WithClientCertificate(certFile, keyFile string) Option {
	return func(s *settings) {
		s.cert = setting{certFile, "WithClientCertificate"}
		s.certKey = setting{keyFile, "WithClientCertificate"}
	}
}

// WithTLSConfig takes the TLS settings as they are, instead of those from files.
func WithTLSConfig(config *tls.Config) Option {
	return func(s *settings) { s.tls, s.ca, s.cert, s.certKey = config, setting{}, setting{}, setting{} }
}

// WithDefaultDeadline is for calls whose context has no deadline; it covers all retries. 10 seconds otherwise; 0 for none.
// Calls with a stream have none unless their context has.
func WithDefaultDeadline(deadline time.Duration) Option {
	return func(s *settings) { s.deadline = deadline }
}

// WithMaxAttempts is how often a call is sent at most, and how many failures in a row without a result end
// [Client.StreamTransfers]. 12 otherwise; 0 or 1 for no retries.
func WithMaxAttempts(attempts int) Option {
	return func(s *settings) { s.attempts = attempts }
}

// WithDialOptions adds options of gRPC, such as grpc.WithStatsHandler(otelgrpc.NewClientHandler()) for spans and metrics,
// or interceptors, which then see each attempt of a call.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}
