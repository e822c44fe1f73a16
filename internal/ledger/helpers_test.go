// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/alert24/otelcol-alert24/internal/incident"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

const (
	minute = time.Minute
	hour   = time.Hour

	theAlias = "HighErrorRate:api-01.prod"
)

func at(seconds int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second)
}

// testConfig has the defaults of the exporter's configuration, without jitter.
func testConfig(aliases int, now func() time.Time) Config {
	return Config{Policy: testPolicy(), Render: render, Aliases: aliases, Now: now}
}

func testPolicy() *protocol.Policy {
	return &protocol.Policy{
		SettleTime:      15 * time.Second,
		EchoWindow:      6 * minute,
		EchoHold:        6 * minute,
		Refresh:         hour,
		ClosedRetention: hour,
		Members:         10_000,
		Backoff: protocol.Backoff{
			Initial: time.Second, Max: minute, Multiplier: 2, Slow: protocol.Slow, Hourly: protocol.Hourly, SlowAfter: protocol.SlowAfter,
		},
	}
}

// render uses the description of the worst alert.
func render(_ string, firing []incident.Alert, _ incident.Context) incident.Content {
	c := incident.Content{Title: "t", Description: firing[0].Description, Severity: firing[0].Severity}
	c.News = c.Hashes()
	return c
}

// firing is an event of the critical alert f0, which started at startsAt. Change its fields as needed.
func firing(sender string, startsAt time.Time) protocol.Event {
	return protocol.Event{
		Alias: theAlias, Key: keyOf(theAlias, "f0"), Firing: true, Sender: sender,
		Alert: incident.Pack(&incident.Alert{Fingerprint: "f0", Severity: incident.Critical, StartsAt: startsAt}),
	}
}

func resolved(sender string, startsAt, endsAt time.Time) protocol.Event {
	ev := firing(sender, startsAt)
	ev.Firing, ev.EndsAt = false, endsAt
	return ev
}

func keyOf(alias, fingerprint string) (k protocol.Key) {
	sum := sha256.Sum256([]byte(alias + "\x00" + fingerprint))
	copy(k[:], sum[:])
	return k
}

// of is the event for an alert of another alias.
func of(alias string, ev protocol.Event) protocol.Event {
	ev.Alias, ev.Key = alias, keyOf(alias, ev.Alert.Fingerprint)
	return ev
}

// alert is the event for another alert of the alias.
func alert(fingerprint string, ev protocol.Event) protocol.Event {
	ev.Alert.Fingerprint = fingerprint
	return of(ev.Alias, ev)
}

// saying is the event with another description.
func saying(what string, ev protocol.Event) protocol.Event {
	a := ev.Alert.Unpack()
	a.Description = what
	ev.Alert = incident.Pack(&a)
	return ev
}

// apply applies events and requires that the ledger accepts them.
func apply(t *testing.T, l *Ledger, events ...protocol.Event) []protocol.Outcome {
	t.Helper()
	outcomes, err := l.Apply(t.Context(), events, nil)
	require.NoError(t, err)
	return outcomes
}

// answer claims the next call of the alias, requires its kind, and gives it the answer.
func answer(t *testing.T, l *Ledger, alias string, kind protocol.Kind, a protocol.Answer) *protocol.Answered {
	t.Helper()
	_, d, err := l.Claim(t.Context(), alias)
	require.NoError(t, err)
	require.Equal(t, kind.String(), d.Call.Kind.String())
	answered := &protocol.Answered{Alias: alias, Call: d.Call, Answer: a}
	require.NoError(t, l.Learn(t.Context(), []*protocol.Answered{answered}))
	return answered
}

// open makes the calls that open the incident of the alias with the current content of its alerts.
func open(t *testing.T, l *Ledger, alias, id string) {
	t.Helper()
	a := accepted(id, true)
	_, a.Sent = l.Content(l.Get(alias))
	answer(t, l, alias, protocol.Create, a)
}

func accepted(id string, open bool) protocol.Answer {
	return protocol.Answer{Result: protocol.Done, Incident: protocol.Shown{ID: id, Seen: true, Open: open}}
}

// written is an answer to a call that wrote content into incident "1".
func written(content protocol.Content) protocol.Answer {
	a := accepted("1", true)
	a.Sent, a.Wrote = content, protocol.Full.Fields()
	return a
}

// disk is what survives a kill.
type disk struct {
	*Memory
	full bool
	lies bool // the next write is carried out but reports an error
	lied bool // the last write did so
}

var errDiskFull = errors.New("disk full")

func newDisk() disk { return disk{Memory: NewMemory()} }

func (d *disk) Load(ctx context.Context, each func(Loaded) error, current func(string, []byte) []byte) error {
	if d.full {
		return errDiskFull
	}
	return d.Memory.Load(ctx, each, current)
}

func (d *disk) Commit(ctx context.Context, changes []Change, makesRoom bool) error {
	if d.lied = false; d.full {
		return Uncertain(errDiskFull)
	}
	if err := d.Memory.Commit(ctx, changes, makesRoom); err != nil {
		return err
	}
	if d.lied = d.lies; d.lied {
		d.lies = false
		return Uncertain(errDiskFull)
	}
	return nil
}

func (d *disk) Settle(context.Context) (there bool, err error) {
	if d.full {
		return false, errDiskFull
	}
	there, d.lied = d.lied, false
	return there, nil
}

// record returns the live record of theAlias, or nil.
func (d *disk) record() []byte { return d.records[theAlias] }

// decode reads the record of theAlias with its buckets.
func (d *disk) decode(t *testing.T) *protocol.Entry {
	t.Helper()
	e, err := protocol.Decode(theAlias, d.record(), func(i int) []byte { return d.records[bucketKey(theAlias, i)] })
	require.NoError(t, err)
	return e
}

// writeAll changes all entries.
func writeAll(t *rapid.T, l *Ledger, what string) {
	var events []protocol.Event
	for _, alias := range slices.Sorted(slices.Values(l.Aliases())) {
		events = append(events, of(alias, saying(what, firing("am1", at(0)))))
	}
	_, err := l.Apply(t.Context(), events, nil)
	require.NoError(t, err)
}
