// Command driver carries out the scenarios of tests/conformance/scenarios through the Go client. Their README is the
// contract. It is a module of its own and no part of the published one.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "driver:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("usage: driver <folder of scenarios> <setup.json> | driver --bench <setup.json>")
	}
	// Clients are made from the setup alone.
	for _, name := range []string{
		"BURSAR_URL", "BURSAR_API_KEY", "BURSAR_CA_FILE", "BURSAR_CLIENT_CERT_FILE", "BURSAR_CLIENT_KEY_FILE",
	} {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	setup, err := readSetup(args[1])
	if err != nil {
		return err
	}
	if args[0] == "--bench" {
		return bench(setup)
	}
	files, err := filepath.Glob(filepath.Join(args[0], "*.json"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no scenarios (*.json) in %s", args[0])
	}
	driver := &driver{setup: setup, clients: map[clientKey]*clientOrError{}, harness: newHarness()}
	for _, file := range files {
		scenarios, err := readScenarios(file)
		if err != nil {
			return err
		}
		for _, scenario := range scenarios {
			driver.carryOut(scenario)
		}
	}
	return nil
}

// scenario is one of a file. Steps stay JSON, because any text in them may have names to replace.
type scenario struct {
	Name  string           `json:"name"`
	IDs   []string         `json:"ids"`
	Steps []map[string]any `json:"steps"`
}

func readScenarios(path string) ([]scenario, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.UseNumber()
	var found []scenario
	if err := decoder.Decode(&found); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return found, nil
}

// carryOut carries out one scenario and reports it.
func (d *driver) carryOut(scenario scenario) {
	vars := variables{"tenant": d.setup.Tenant}
	vars.fresh(scenario.IDs)
	begin := time.Now()
	report := map[string]any{"scenario": scenario.Name, "passed": true}
	for i, step := range scenario.Steps {
		if err := d.step(step, vars); err != nil {
			report["passed"], report["step"], report["why"] = false, i, err.Error()
			break
		}
	}
	report["ms"] = time.Since(begin).Milliseconds()
	d.harness.say(report)
}

// harness is who started the driver: lines of JSON both ways.
type harness struct {
	mutex  sync.Mutex
	out    *json.Encoder
	asking sync.Mutex
	in     *bufio.Reader
}

func newHarness() *harness {
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	return &harness{out: out, in: bufio.NewReader(os.Stdin)}
}

func (h *harness) say(line any) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	if err := h.out.Encode(line); err != nil {
		fmt.Fprintln(os.Stderr, "driver: the harness does not listen:", err)
		os.Exit(1)
	}
}

// control asks for something and waits until it is done.
func (h *harness) control(what any) error {
	h.asking.Lock()
	defer h.asking.Unlock()
	h.say(map[string]any{"control": what})
	line, err := h.in.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("the harness did not answer a control: %w", err)
	}
	var answer struct {
		Done   bool   `json:"done"`
		Failed string `json:"failed"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return fmt.Errorf("the harness answered %q: %w", line, err)
	}
	if !answer.Done {
		return fmt.Errorf("control failed: %s", answer.Failed)
	}
	return nil
}
