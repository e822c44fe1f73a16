// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package testalertcmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/alert24/otelcol-alert24/internal/sleep"
	"github.com/alert24/otelcol-alert24/internal/status"
	"github.com/alert24/otelcol-alert24/internal/tool/cli"
)

const (
	// look is the time between two requests to the status API.
	look = 100 * time.Millisecond
	// patience is how long the bridge must report a reason for a missing incident before the tool believes it.
	patience = time.Second
)

// step is one event of a run.
type step struct {
	Name string `json:"step"`
	// Seconds is the time since the first webhook was sent.
	Seconds float64 `json:"seconds"`
	Detail  string  `json:"detail,omitempty"`
}

// testRun is one run of the command.
type testRun struct {
	o      *options
	bridge *bridge
	alert  *alert
	out    io.Writer // for people; io.Discard for JSON
	began  time.Time

	Alias    string `json:"alias,omitempty"`
	Incident string `json:"incident,omitempty"`
	Instance string `json:"instance"`
	Steps    []step `json:"steps"`
	// Failed is the step that did not happen, and why.
	Failed string `json:"failed,omitempty"`
	// Resolved reports whether the alert was resolved at the end.
	Resolved bool `json:"resolved"`
}

// errNotInTime ends a run whose next step did not happen in time.
var errNotInTime = errors.New("a step did not happen in time")

func (o *options) run(cmd *cobra.Command) error {
	b, err := newBridge(cmd.Context(), o)
	if err != nil {
		return err
	}
	defer b.close()
	ctx, out := cli.Watch(cmd.Context(), cmd.OutOrStdout())
	defer out.Close()
	s := &testRun{o: o, bridge: b, alert: newAlert(o, time.Now()), out: out, Steps: []step{}}
	s.Instance = s.alert.labels[instanceLabel]
	if o.output.JSON {
		s.out = io.Discard
	}
	err = s.fireAndResolve(ctx)
	if o.output.JSON {
		if err := cli.WriteJSON(out, s); err != nil {
			return err
		}
	}
	switch {
	case out.Err != nil && (err == nil || errors.Is(err, errNotInTime)):
		return out.Err
	case errors.Is(err, errNotInTime):
		return cli.ErrFound
	}
	return err
}

// fireAndResolve fires the alert, follows it, resolves it and follows it again.
func (s *testRun) fireAndResolve(ctx context.Context) error {
	s.began = time.Now()
	if s.o.resolve != "" {
		return s.end(ctx)
	}
	body, err := s.alert.webhook(time.Time{})
	if err != nil {
		return err
	}
	err = s.bridge.send(ctx, body)
	if errors.Is(err, errNothingFires) {
		return err
	}
	if err == nil {
		s.step("firing accepted", "the alert is on disk")
		err = s.await(ctx, "incident opened", func(e *status.Entry) bool { return e.Incident.State == "open" })
	}
	switch {
	case s.o.keep && ctx.Err() == nil:
		s.fires()
		return err
	case err == nil:
		return s.end(ctx)
	}
	// Whatever went wrong, no alert keeps firing: an incident that opens late closes as well.
	after := s.resolved(ctx)
	switch {
	case after == nil:
		return err
	case errors.Is(err, errNotInTime): // which is written already
		err = after
	default:
		err = fmt.Errorf("%w; and %w", err, after)
	}
	s.fires()
	return err
}

// fires tells how to resolve the alert, which still fires.
func (s *testRun) fires() {
	fmt.Fprintf(s.out, "\nThe alert still fires. To resolve it and close its incident:\n  %s\n", s.command())
}

// command returns the command that resolves the alert later. The labels must be the same, and it reaches the bridge in the same
// way.
func (s *testRun) command() string {
	words := []string{"alert24tool", "test-alert", "--url", s.o.url, "--status", s.o.status.URL, "--resolve", s.Instance, "--severity", s.o.severity}
	for _, label := range s.o.labels {
		words = append(words, "--label", label)
	}
	for _, flag := range s.o.reach {
		if flag.Changed {
			words = append(words, "--"+flag.Name, flag.Value.String())
		}
	}
	for i, word := range words {
		words[i] = status.ShellWord(word)
	}
	return strings.Join(words, " ")
}

// end resolves the alert and waits for the close.
func (s *testRun) end(ctx context.Context) error {
	if s.bridge.status != nil && s.Alias == "" { // a resolved alert may be found only by its alias
		if e, err := s.bridge.status.Explain(ctx, s.subject()); err == nil && len(e.Entries) > 0 {
			s.Alias, s.Incident = e.Entries[0].Alias, e.Entries[0].Incident.Name()
		}
	}
	if err := s.resolved(ctx); err != nil {
		return err
	}
	return s.await(ctx, "incident closed", func(e *status.Entry) bool {
		return e.Incident.State == "closed" || e.State.Kind == status.Closed
	})
}

// resolved sends the resolve, also after Ctrl-C.
func (s *testRun) resolved(ctx context.Context) error {
	body, err := s.alert.webhook(time.Now())
	if err == nil {
		err = s.bridge.send(context.WithoutCancel(ctx), body) // requestTimeout bounds it
	}
	if err != nil {
		return fmt.Errorf("the alert was not resolved: %w", err)
	}
	s.Resolved = true
	s.step("resolve accepted", "")
	return nil
}

// subject returns the alias or, until it is known, the labels that identify the alert.
func (s *testRun) subject() status.Subject {
	if s.Alias != "" {
		return status.Subject{Alias: s.Alias}
	}
	return status.Subject{Labels: map[string]string{"alertname": s.alert.labels["alertname"], instanceLabel: s.Instance}}
}

// await waits until the entry is as wanted.
func (s *testRun) await(ctx context.Context, name string, wanted func(*status.Entry) bool) error {
	if s.bridge.status == nil {
		return nil
	}
	last := "the bridge does not know the alert"
	var since time.Time // since when the bridge only reports why there is no incident
	for end := time.Now().Add(s.o.timeout); ; {
		e, err := s.bridge.status.Explain(ctx, s.subject())
		if err != nil {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			return err
		}
		about := slices.IndexFunc(e.Notices, func(n status.Notice) bool { return !n.Anonymous() }) // an anonymous notice may be about any alert
		switch {
		case len(e.Entries) > 0:
			now := &e.Entries[0]
			since = time.Time{}
			s.Alias, s.Incident, last = now.Alias, now.Incident.Name(), now.State.String(time.Now())
			if wanted(now) && e.DryRun {
				return s.fail(name + ": only in a dry run: nothing is sent to Alert24, and nobody is paged")
			}
			if wanted(now) {
				s.step(name, now.Incident.Name())
				return nil
			}
		case about >= 0:
			if last = e.Notices[about].Text; since.IsZero() {
				since = time.Now()
			}
		}
		if given := !since.IsZero() && time.Since(since) > patience; given || time.Now().After(end) {
			if given {
				return s.fail(name + ": does not happen, because " + last)
			}
			reasons := []string{last}
			for i := range e.Trouble {
				reasons = append(reasons, status.Localize(e.Trouble[i].Text, func(t time.Time) string { return status.Clock(t, e.Now) }))
			}
			return s.fail(name + ": not within " + s.o.timeout.String() + ": " + strings.Join(reasons, "; "))
		}
		if !sleep.For(ctx, look) {
			return context.Cause(ctx)
		}
	}
}

// fail records the step that did not happen, and why.
func (s *testRun) fail(text string) error {
	s.Failed = text
	fmt.Fprintf(s.out, "%s\n", text)
	return errNotInTime
}

// step records a step.
func (s *testRun) step(name, detail string) {
	took := time.Since(s.began)
	s.Steps = append(s.Steps, step{name, took.Seconds(), detail})
	fmt.Fprintln(s.out, strings.TrimRight(fmt.Sprintf("%8.3f s  %-17s %s", took.Seconds(), name, detail), " "))
}
