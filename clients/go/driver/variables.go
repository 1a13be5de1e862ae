package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
)

// variables are the names that `${…}` may have.
type variables map[string]string

func (v variables) fresh(names []string) {
	for _, name := range names {
		v[name] = uuid.Must(uuid.NewV7()).String()
	}
}

func (v variables) clone() variables { return maps.Clone(v) }

var placeholder = regexp.MustCompile(`(?s)\$\{(?:(.)\*(\d+)|now(?:([+-])(\d+))?|([^}]*))\}`)

// replaced is a copy of a JSON value in which every text has its names replaced.
func (v variables) replaced(value any) (any, error) {
	switch value := value.(type) {
	case string:
		return v.text(value)
	case []any:
		made := make([]any, len(value))
		for i, element := range value {
			var err error
			if made[i], err = v.replaced(element); err != nil {
				return nil, err
			}
		}
		return made, nil
	case map[string]any:
		made := make(map[string]any, len(value))
		for key, element := range value {
			var err error
			if made[key], err = v.replaced(element); err != nil {
				return nil, err
			}
		}
		return made, nil
	default:
		return value, nil
	}
}

func (v variables) text(text string) (string, error) {
	var missing error
	made := placeholder.ReplaceAllStringFunc(text, func(found string) string {
		parts := placeholder.FindStringSubmatch(found)
		switch {
		case parts[2] != "":
			count, err := strconv.Atoi(parts[2])
			if err != nil {
				missing = fmt.Errorf("%s: %w", found, err)
				return ""
			}
			return strings.Repeat(parts[1], count)
		case parts[5] == "":
			seconds, _ := strconv.Atoi(parts[3] + parts[4])
			return time.Now().Add(time.Duration(seconds) * time.Second).UTC().Format(time.RFC3339)
		}
		value, ok := v[parts[5]]
		if !ok {
			missing = fmt.Errorf("nothing is called %s: name it in ids, or save it in an earlier step", found)
		}
		return value
	})
	return made, missing
}

// save takes values out of a reply: {"name": "path.in.reply"}.
func (v variables) save(wanted map[string]any, reply any) error {
	for name, path := range wanted {
		text, ok := path.(string)
		if !ok {
			return fmt.Errorf("save.%s is no path", name)
		}
		value, ok := at(reply, text)
		if !ok {
			return fmt.Errorf("save: the reply has no %s", text)
		}
		if plain, ok := value.(string); ok {
			v[name] = plain
			continue
		}
		encoded, err := json.Marshal(value)
		if err != nil {
			return err
		}
		v[name] = string(encoded)
	}
	return nil
}

func at(value any, path string) (any, bool) {
	for _, part := range strings.Split(path, ".") {
		switch holder := value.(type) {
		case map[string]any:
			inside, ok := holder[part]
			if !ok {
				return nil, false
			}
			value = inside
		case []any:
			index, err := strconv.Atoi(part)
			if err != nil || index < 0 || index >= len(holder) {
				return nil, false
			}
			value = holder[index]
		default:
			return nil, false
		}
	}
	return value, true
}
