package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"

	bursar "github.com/bursar-dev/bursar/clients/go"
)

// setup is what the harness prepared.
type setup struct {
	URLs           map[string]string `json:"urls"`
	Keys           map[string]string `json:"keys"`
	Tenant         string            `json:"tenant"`
	CAFile         string            `json:"ca_file"`
	ClientCertFile string            `json:"client_cert_file"`
	ClientKeyFile  string            `json:"client_key_file"`
}

func readSetup(path string) (*setup, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var read setup
	if err := json.Unmarshal(text, &read); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return &read, nil
}

// driver has one client for each way in which steps want one.
type driver struct {
	setup   *setup
	harness *harness
	mutex   sync.Mutex
	clients map[clientKey]*clientOrError
}

type clientKey struct {
	as, at  string
	retries bool
}

type clientOrError struct {
	client *bursar.Client
	err    error
}

// client finds or makes the client of a step. What cannot be configured is an outcome of the step (err); a setup without
// what the step names is a fault.
func (d *driver) client(step map[string]any) (client *bursar.Client, err error, fault error) {
	key := clientKey{as: "admin", at: "plain", retries: true}
	if as, ok := step["as"].(string); ok {
		key.as = as
	}
	if at, ok := step["at"].(string); ok {
		key.at = at
	}
	if retries, ok := step["retries"].(bool); ok {
		key.retries = retries
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	made, ok := d.clients[key]
	if !ok {
		options, fault := d.options(key)
		if fault != nil {
			return nil, nil, fault
		}
		client, err := bursar.New(options...)
		made = &clientOrError{client, err}
		d.clients[key] = made
	}
	return made.client, made.err, nil
}

func (d *driver) options(key clientKey) ([]bursar.Option, error) {
	url, ok := d.setup.URLs[key.at]
	if !ok {
		return nil, fmt.Errorf("setup has no URL for at %q", key.at)
	}
	options := []bursar.Option{bursar.WithURL(url), bursar.WithoutAPIKey()}
	text, ok := d.setup.Keys[key.as]
	if !ok && key.as != "none" {
		return nil, fmt.Errorf("setup has no key for as %q", key.as)
	}
	// An empty key means a client without one.
	if text != "" {
		options = append(options, bursar.WithAPIKey(text))
	}
	if strings.HasPrefix(url, "https:") && key.at != "tls_untrusted" {
		options = append(options, bursar.WithCAFile(d.setup.CAFile))
	}
	if key.at == "mtls" {
		options = append(options, bursar.WithClientCertificate(d.setup.ClientCertFile, d.setup.ClientKeyFile))
	}
	if !key.retries {
		options = append(options, bursar.WithMaxAttempts(0))
	}
	return options, nil
}
