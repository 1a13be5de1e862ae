package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	bursar "github.com/bursar-dev/bursar/clients/go"
)

// outcome is what a step led to: a reply, or an error of the client. Both are JSON values.
type outcome struct {
	reply  any
	failed map[string]any
}

// step carries out one step of a scenario; an error says why it is not as the scenario wants it.
func (d *driver) step(step map[string]any, vars variables) error {
	if _, many := step["parallel"]; many {
		return d.parallel(step, vars)
	}
	_, err := d.single(step, vars)
	return err
}

// single carries out a step that is not many, checks what came of it, and saves from it.
func (d *driver) single(written map[string]any, vars variables) (outcome, error) {
	replaced, err := vars.replaced(written)
	if err != nil {
		return outcome{}, err
	}
	step := replaced.(map[string]any)
	if control, ok := step["control"]; ok && step["stream"] == nil {
		return outcome{}, d.harness.control(control)
	}
	got, err := d.perform(step)
	if err != nil {
		return got, err
	}
	return got, check(step, got, vars)
}

func check(step map[string]any, got outcome, vars variables) error {
	subject := got.reply
	if wanted, ok := step["error"]; ok {
		if got.failed == nil {
			return fmt.Errorf("expected the error %s, got the reply %s", show(wanted), show(got.reply))
		}
		if err := match(wanted, got.failed, "error"); err != nil {
			return fmt.Errorf("%w (of %s)", err, show(got.failed))
		}
		subject = got.failed
	} else if got.failed != nil {
		return fmt.Errorf("failed: %s", show(got.failed))
	}
	if wanted, ok := step["expect"]; ok {
		if err := match(wanted, got.reply, ""); err != nil {
			return err
		}
	}
	if wanted, ok := step["save"].(map[string]any); ok {
		return vars.save(wanted, subject)
	}
	return nil
}

// perform does what a step says, within its deadline, and cancels it when it says so.
func (d *driver) perform(step map[string]any) (outcome, error) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if after, ok := milliseconds(step["deadline_ms"]); ok {
		var end context.CancelFunc
		ctx, end = context.WithTimeout(ctx, after)
		defer end()
	}
	if after, ok := milliseconds(step["cancel_after_ms"]); ok {
		defer time.AfterFunc(after, cancel).Stop()
	}
	if text, ok := step["decimal"].(string); ok {
		return exactDecimal(text)
	}
	client, err, fault := d.client(step)
	if fault != nil {
		return outcome{}, fault
	}
	if err != nil {
		return refused(err)
	}
	switch {
	case step["call"] != nil:
		return call(ctx, client, fmt.Sprint(step["call"]), step["request"])
	case step["pages"] != nil:
		return pages(ctx, client, fmt.Sprint(step["pages"]), step)
	case step["stream"] != nil:
		return d.stream(ctx, client, step)
	default:
		return outcome{}, errors.New("a step has one of call, pages, stream, decimal, control, parallel")
	}
}

func milliseconds(value any) (time.Duration, bool) {
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	count, err := number.Int64()
	return time.Duration(count) * time.Millisecond, err == nil
}

// refused is the outcome of a call that failed. Any error but the client's own type is a fault of the client.
func refused(err error) (outcome, error) {
	var failed *bursar.Error
	if !errors.As(err, &failed) {
		return outcome{}, fmt.Errorf("the client returned %T instead of its own error: %w", err, err)
	}
	fields := []any{}
	for _, violation := range failed.FieldViolations {
		fields = append(fields, map[string]any{"field": violation.Field, "description": violation.Description})
	}
	metadata := map[string]any{}
	for key, value := range failed.Metadata {
		metadata[key] = value
	}
	made := map[string]any{
		"code":           codeName(failed.Code),
		"reason":         string(failed.Reason),
		"message":        failed.Message,
		"definite":       failed.Definite,
		"retryable":      failed.Retryable,
		"retry_after_ms": strconv.FormatInt(failed.RetryAfter.Milliseconds(), 10),
		"fields":         fields,
		"metadata":       metadata,
		"request_id":     failed.RequestID,
	}
	if failed.Resource != nil {
		made["resource"] = map[string]any{"type": failed.Resource.Type, "name": failed.Resource.Name}
	}
	return outcome{failed: made}, nil
}

func exactDecimal(text string) (outcome, error) {
	value, err := bursar.ParseDecimal(text)
	if err != nil {
		return refused(err)
	}
	money, err := bursar.NewMoney("EUR", value)
	if err != nil {
		return refused(err)
	}
	back, err := bursar.AmountOf(money)
	if err != nil {
		return refused(err)
	}
	canonical, err := bursar.FormatDecimal(back)
	if err != nil {
		return refused(err)
	}
	return outcome{reply: map[string]any{"canonical": canonical}}, nil
}

// parallel carries out a step many times at once and counts what came of it.
func (d *driver) parallel(step map[string]any, vars variables) error {
	times, _ := strconv.Atoi(fmt.Sprint(step["parallel"]))
	each, ok := step["each"].(map[string]any)
	if !ok || times < 1 {
		return errors.New("parallel takes how many times, and each what to do")
	}
	names, _ := step["each_ids"].([]any)
	var wait sync.WaitGroup
	outcomes, faults := make([]outcome, times), make([]error, times)
	for i := range times {
		own := vars.clone()
		for _, name := range names {
			own.fresh([]string{fmt.Sprint(name)})
		}
		wait.Go(func() { outcomes[i], faults[i] = d.one(each, own) })
	}
	wait.Wait()
	succeeded, refusals := 0, map[string]int{}
	for i, got := range outcomes {
		if faults[i] != nil {
			return fmt.Errorf("each %d: %w", i, faults[i])
		}
		if got.failed == nil {
			succeeded++
		} else {
			refusals[fmt.Sprint(got.failed["reason"])]++
		}
	}
	counted := map[string]any{}
	for reason, count := range refusals {
		counted[reason] = strconv.Itoa(count)
	}
	reply := map[string]any{"count": strconv.Itoa(times), "ok": strconv.Itoa(succeeded), "errors": counted}
	// Names in `each` are its own.
	about := map[string]any{}
	for _, key := range []string{"expect", "save"} {
		if wanted, ok := step[key]; ok {
			about[key] = wanted
		}
	}
	replaced, err := vars.replaced(about)
	if err != nil {
		return err
	}
	return check(replaced.(map[string]any), outcome{reply: reply}, vars)
}

// one carries out a step of many. It is checked only when it says what should come of it: otherwise failures are counted.
func (d *driver) one(each map[string]any, vars variables) (outcome, error) {
	if each["expect"] != nil || each["error"] != nil || each["control"] != nil {
		return d.single(each, vars)
	}
	replaced, err := vars.replaced(each)
	if err != nil {
		return outcome{}, err
	}
	return d.perform(replaced.(map[string]any))
}
