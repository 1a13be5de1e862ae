package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"

	"google.golang.org/protobuf/proto"

	bursar "github.com/bursar-dev/bursar/clients/go"
	ledgerv1 "github.com/bursar-dev/bursar/clients/go/generated/bursar/ledger/v1"
)

// source is what a stream step sends: some transfers, a pause until those before it are answered, then the rest.
type source struct {
	transfers []*ledgerv1.NewTransfer
	pauseAt   int
	control   any
	goOn      chan struct{}
}

func newSource(step map[string]any) (*source, error) {
	wanted, ok := step["stream"].(map[string]any)
	if !ok {
		return nil, fmt.Errorf("stream takes an object")
	}
	made := &source{pauseAt: -1, control: wanted["control"], goOn: make(chan struct{})}
	if number, ok := wanted["pause_after"].(json.Number); ok {
		pauseAt, err := strconv.Atoi(number.String())
		if err != nil {
			return nil, err
		}
		made.pauseAt = pauseAt
	}
	written, _ := wanted["transfers"].([]any)
	for _, one := range written {
		transfer := &ledgerv1.NewTransfer{}
		if err := fromJSON(one, transfer); err != nil {
			return nil, err
		}
		made.transfers = append(made.transfers, transfer)
	}
	if wanted["of"] != nil {
		pattern := &ledgerv1.NewTransfer{}
		if err := fromJSON(wanted["of"], pattern); err != nil {
			return nil, err
		}
		// Without an id of their own: the client makes one for each.
		pattern.Id = ""
		count, err := strconv.Atoi(fmt.Sprint(wanted["count"]))
		if err != nil {
			return nil, fmt.Errorf("stream.count: %w", err)
		}
		for range count {
			made.transfers = append(made.transfers, proto.CloneOf(pattern))
		}
	}
	return made, nil
}

func (s *source) all(ctx context.Context) iter.Seq[*ledgerv1.NewTransfer] {
	return func(yield func(*ledgerv1.NewTransfer) bool) {
		for i, transfer := range s.transfers {
			if i == s.pauseAt {
				select {
				case <-s.goOn:
				case <-ctx.Done():
					return
				}
			}
			if !yield(transfer) {
				return
			}
		}
	}
}

// stream sends transfers through the client's StreamTransfers.
func (d *driver) stream(ctx context.Context, client *bursar.Client, step map[string]any) (outcome, error) {
	source, err := newSource(step)
	if err != nil {
		return outcome{}, err
	}
	results, succeeded, ids := []any{}, 0, map[string]bool{}
	for result, err := range client.StreamTransfers(ctx, source.all(ctx)) {
		if err != nil {
			return refused(err)
		}
		shown, err := toJSON(result)
		if err != nil {
			return outcome{}, err
		}
		results = append(results, shown)
		ids[result.GetId()] = true
		if bursar.ErrorOf(result.GetError()) == nil {
			succeeded++
		}
		if len(results) == source.pauseAt && len(results) < len(source.transfers) {
			if source.control != nil {
				if err := d.harness.control(source.control); err != nil {
					return outcome{}, err
				}
			}
			close(source.goOn)
		}
	}
	return outcome{reply: map[string]any{
		"results": results, "count": strconv.Itoa(len(results)), "ok": strconv.Itoa(succeeded),
		"distinct": strconv.Itoa(len(ids)),
	}}, nil
}
