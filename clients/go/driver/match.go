package main

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

// absent stands for a key that is not there.
type absent struct{}

// match returns nil when got contains what is expected, or else where it does not.
func match(expected, got any, path string) error {
	if name, argument, ok := rule(expected); ok {
		return matchRule(name, argument, got, path)
	}
	if _, none := got.(absent); none {
		if isDefault(expected) {
			return nil
		}
		return differ(path, expected, got)
	}
	switch expected := expected.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return differ(path, expected, got)
		}
		for key, wanted := range expected {
			value, there := object[key]
			if !there {
				value = absent{}
			}
			if err := match(wanted, value, join(path, key)); err != nil {
				return err
			}
		}
		return nil
	case []any:
		array, ok := got.([]any)
		if !ok {
			return differ(path, expected, got)
		}
		if len(array) != len(expected) {
			return fmt.Errorf("%s: expected %d elements, got %d: %s", path, len(expected), len(array), show(got))
		}
		for i, wanted := range expected {
			if err := match(wanted, array[i], join(path, fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	case json.Number:
		if !sameNumber(expected, got) {
			return differ(path, expected, got)
		}
		return nil
	default:
		if expected != got {
			return differ(path, expected, got)
		}
		return nil
	}
}

// rule tells whether an expectation is a rule: an object with one key that begins with `$`.
func rule(expected any) (name string, argument any, ok bool) {
	object, isObject := expected.(map[string]any)
	if !isObject || len(object) != 1 {
		return "", nil, false
	}
	for key, value := range object {
		name, argument = key, value
	}
	return name, argument, strings.HasPrefix(name, "$")
}

func matchRule(name string, argument, got any, path string) error {
	switch name {
	case "$matches":
		text, ok := got.(string)
		pattern, err := regexp.Compile(fmt.Sprint(argument))
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if !ok || !pattern.MatchString(text) {
			return fmt.Errorf("%s: expected a text that matches %s, got %s", path, argument, show(got))
		}
	case "$any":
		if isDefault(got) {
			return fmt.Errorf("%s: expected something, got %s", path, show(got))
		}
	case "$absent":
		if !isDefault(got) {
			return fmt.Errorf("%s: expected nothing, got %s", path, show(got))
		}
	case "$count":
		count := 0
		switch got := got.(type) {
		case []any:
			count = len(got)
		case map[string]any:
			count = len(got)
		}
		if fmt.Sprint(count) != fmt.Sprint(argument) {
			return fmt.Errorf("%s: expected %v elements, got %d", path, argument, count)
		}
	case "$contains":
		wanted, ok := argument.([]any)
		if !ok {
			return fmt.Errorf("%s: $contains takes an array", path)
		}
		array, _ := got.([]any)
		for _, one := range wanted {
			if !containsMatch(array, one) {
				return fmt.Errorf("%s: expected an element like %s, got %s", path, show(one), show(got))
			}
		}
	case "$not":
		if match(argument, got, path) == nil {
			return fmt.Errorf("%s: expected anything but %s, got %s", path, show(argument), show(got))
		}
	default:
		return fmt.Errorf("%s: this driver does not know the rule %s", path, name)
	}
	return nil
}

func containsMatch(array []any, wanted any) bool {
	for _, element := range array {
		if match(wanted, element, "") == nil {
			return true
		}
	}
	return false
}

// isDefault tells whether a value is what a proto leaves out of JSON.
func isDefault(value any) bool {
	switch value := value.(type) {
	case nil, absent:
		return true
	case string:
		return value == "" || value == "0" || strings.HasSuffix(value, "_UNSPECIFIED")
	case bool:
		return !value
	case json.Number:
		return sameNumber(value, json.Number("0"))
	case []any:
		return len(value) == 0
	case map[string]any:
		return len(value) == 0
	default:
		return false
	}
}

// sameNumber compares by value. A 64-bit integer is a text in protobuf's JSON, so a text may be a number too.
func sameNumber(expected json.Number, got any) bool {
	text := ""
	switch got := got.(type) {
	case json.Number:
		text = got.String()
	case string:
		text = got
	}
	a, okA := new(big.Rat).SetString(expected.String())
	b, okB := new(big.Rat).SetString(text)
	return okA && okB && a.Cmp(b) == 0
}

func differ(path string, expected, got any) error {
	return fmt.Errorf("%s: expected %s, got %s", path, show(expected), show(got))
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// show is a value for people, not too long.
func show(value any) string {
	if _, none := value.(absent); none {
		return "nothing"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	if len(text) > 600 {
		return string(text[:600]) + "…"
	}
	return string(text)
}
