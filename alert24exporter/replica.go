// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"context"
	"errors"
	"maps"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/inprocess"
	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/postgres"
	"github.com/alert24/otelcol-alert24/internal/protocol"
)

// replica is this process as one of several with one database. As a follower, it puts webhooks into the inbox for the leader. While it
// leads, it also has a term.
type replica struct {
	*alert24Exporter
	db    *postgres.DB
	lease time.Duration

	listed   listed
	database databaseStatus
	unstamp  func()
	stop     func()
}

// startReplica makes this process one of several replicas. The database need not be available.
func (e *alert24Exporter) startReplica(ctx context.Context) error {
	d := e.cfg.Database.Get()
	cfg := e.cfg.postgres(d)
	cfg.Component, cfg.Log = e.set.ID.String(), e.set.Logger
	if e.cfg.DryRun {
		cfg.Component += " " + dryRunStorageName
	}
	db, err := postgres.New(cfg)
	if err != nil {
		return err
	}
	r := &replica{alert24Exporter: e, db: db, lease: d.Lease}
	if err := e.telemetry.watchReplica(r); err != nil {
		return err
	}
	e.telemetry.builder.ExporterAlert24Takeovers.Add(ctx, 0, e.telemetry.own) // start at 0: a counter that starts at 1 shows no increase
	r.unstamp = inprocess.OnArrival(r.stamp)
	r.stop = background(ctx, r.campaign, db.WatchPauses)
	e.replica = r
	return nil
}

// shutdown hands the leadership over. It may be called twice. If ctx ends first, the rest happens in the background.
func (r *replica) shutdown(ctx context.Context) error {
	r.unstamp()
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.stop()
		r.db.Close(context.WithoutCancel(ctx))
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// arrivalKey is the key of one exporter's stamp in a context.
type arrivalKey struct{ db *postgres.DB }

func (r *replica) stamp(ctx context.Context) context.Context {
	return context.WithValue(ctx, arrivalKey{r.db}, r.db.Arrival())
}

// arrived returns when the webhook arrived; without a stamp, it is now.
func (r *replica) arrived(ctx context.Context) postgres.Arrival {
	if a, stamped := ctx.Value(arrivalKey{r.db}).(postgres.Arrival); stamped {
		return a
	}
	return r.db.Arrival()
}

// accept returns nil once the database holds the content of the records.
func (r *replica) accept(ctx context.Context, logs plog.Logs, events []protocol.Event, snapshots []*protocol.Snapshot) error {
	if len(events)+len(snapshots) == 0 {
		return nil
	}
	if t := r.term.Load(); t != nil {
		asked(snapshots, r.arrived(ctx).Moment())
		// A replica that has just lost the lead applied nothing, or does not know. Then events may be applied twice, as if the webhook was repeated.
		if err := t.accept(ctx, events, snapshots); !errors.Is(err, ledger.ErrDeposed) {
			return err
		}
	}
	began := time.Now()
	err := r.follow(ctx, logs, events, snapshots)
	r.telemetry.applied(ctx, nil, time.Since(began), err)
	return err
}

// follow puts the records into the inbox for the leader. A snapshot replaces the former one of its source.
func (r *replica) follow(ctx context.Context, logs plog.Logs, events []protocol.Event, snapshots []*protocol.Snapshot) error {
	source := ""
	if len(events) == 0 && len(snapshots) == 1 {
		source = snapshots[0].Source
	}
	if firing := countFiring(events); firing > 0 && r.db.Live() >= r.cfg.Limits.Aliases {
		return &ledger.FullError{Refused: firing, Max: r.cfg.Limits.Aliases} // some aliases may be known, but only the leader can tell
	}
	payload, err := (&plog.ProtoMarshaler{}).MarshalLogs(logs)
	if err != nil {
		return err
	}
	began := time.Now()
	err = r.db.Append(ctx, r.arrived(ctx), source, payload)
	r.telemetry.committed(ctx, follows, time.Since(began), err)
	r.database.expire()
	return err
}

func countFiring(events []protocol.Event) (n int) {
	for i := range events {
		if events[i].Firing {
			n++
		}
	}
	return n
}

var errNothingUsable = errors.New("none of its records can be used")

// unpack reads a row's records as the follower did. The follower has already counted the unusable ones.
func (r *replica) unpack(row ledger.Row) ([]protocol.Event, error) {
	logs, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(row.Payload)
	if err != nil {
		return nil, err
	}
	events, snapshots, bad := event.Read(logs, r.rules)
	if len(events)+len(snapshots) == 0 {
		return nil, errors.Join(errNothingUsable, bad.First)
	}
	// A record is made up to Punctual before its row is due, and the statement that adds the row may take as long again.
	asked(snapshots, time.Now().Add(-row.Waited-2*postgres.Punctual))
	r.listed.add(snapshots)
	return events, nil
}

// asked sets when the lists were requested. Their records were made at the given moment or later.
func asked(snapshots []*protocol.Snapshot, made time.Time) {
	for _, s := range snapshots {
		s.Asked = made.Add(-s.Age)
	}
}

// listed holds the last snapshot of each source from the inbox. They are applied after the transaction that removes their rows, see
// replica.drain. If one is lost, the next one makes up for it.
type listed struct {
	mu       sync.Mutex
	bySource map[string]*protocol.Snapshot
}

func (l *listed) add(snapshots []*protocol.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range snapshots {
		if l.bySource == nil {
			l.bySource = map[string]*protocol.Snapshot{}
		}
		l.bySource[s.Source] = s
	}
}

// take returns all snapshots and forgets them.
func (l *listed) take() map[string]*protocol.Snapshot {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.bySource
	l.bySource = nil
	return all
}

// giveBack keeps snapshots that were not applied, unless there are newer ones.
func (l *listed) giveBack(lists map[string]*protocol.Snapshot) {
	if lists == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.Copy(lists, l.bySource)
	l.bySource = lists
}
