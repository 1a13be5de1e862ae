package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func value(t *testing.T, text string) any {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var read any
	if err := decoder.Decode(&read); err != nil {
		t.Fatal(err)
	}
	return read
}

func TestMatch(t *testing.T) {
	const reply = `{"a": "x", "n": 5, "big": "12", "list": [{"id": "1"}, {"id": "2"}], "empty": "", "kind": "KIND_ONE", "odd": 77}`
	for expected, matches := range map[string]bool{
		`{}`:                                  true,
		`{"a": "x", "n": 5.0, "big": 12}`:     true,
		`{"n": 6}`:                            false,
		`{"none": "", "no": false, "0": "0"}`: true,
		`{"none": [], "it": {}, "k": "K_UNSPECIFIED"}`: true,
		`{"none": "x"}`:                                         false,
		`{"none": {"inside": ""}}`:                              false,
		`{"list": [{"id": "1"}, {}]}`:                           true,
		`{"list": [{"id": "1"}]}`:                               false,
		`{"list": [{"id": "2"}, {"id": "1"}]}`:                  false,
		`{"list": {"$contains": [{"id": "2"}, {"id": "1"}]}}`:   true,
		`{"list": {"$contains": [{"id": "3"}]}}`:                false,
		`{"list": {"$count": 2}, "none": {"$count": 0}}`:        true,
		`{"list": {"$count": 3}}`:                               false,
		`{"a": {"$matches": "^x$"}, "n": {"$any": true}}`:       true,
		`{"none": {"$matches": ""}}`:                            false,
		`{"empty": {"$any": true}}`:                             false,
		`{"empty": {"$absent": true}, "no": {"$absent": true}}`: true,
		`{"a": {"$absent": true}}`:                              false,
		`{"a": {"$not": "y"}, "none": {"$not": "y"}}`:           true,
		`{"a": {"$not": "x"}}`:                                  false,
		`{"odd": 77}`:                                           true,
	} {
		if err := match(value(t, expected), value(t, reply), ""); (err == nil) != matches {
			t.Errorf("%s: %v", expected, err)
		}
	}
	err := match(value(t, `{"list": [{}, {"id": "3"}]}`), value(t, reply), "")
	if err == nil || err.Error() != `list.1.id: expected "3", got "2"` {
		t.Errorf("got %v", err)
	}
}

func TestPlaceholders(t *testing.T) {
	vars := variables{"a": "1", "tenant": "t"}
	vars.fresh([]string{"id"})
	for text, want := range map[string]string{
		"${a}-${tenant}": "1-t", "${x*3}": "xxx", "${}*2}": "}}", "${ä*2}": "ää", "plain $ {a}": "plain $ {a}", "${id}": vars["id"],
	} {
		if got, err := vars.text(text); err != nil || got != want {
			t.Errorf("%s: got %s, %v", text, got, err)
		}
	}
	for text, ahead := range map[string]time.Duration{"${now}": 0, "${now+3600}": time.Hour, "${now-60}": -time.Minute} {
		got, err := vars.text(text)
		at, parseErr := time.Parse(time.RFC3339, got)
		if err != nil || parseErr != nil || time.Until(at.Add(-ahead)).Abs() > 2*time.Second {
			t.Errorf("%s: got %s, %v, %v", text, got, err, parseErr)
		}
	}
	if _, err := vars.text("${nobody}"); err == nil {
		t.Error("an unknown name should be an error")
	}
	if err := vars.save(map[string]any{"saved": "list.1.id"}, value(t, `{"list": [{}, {"id": "7"}]}`)); err != nil || vars["saved"] != "7" {
		t.Errorf("got %s, %v", vars["saved"], err)
	}
}
