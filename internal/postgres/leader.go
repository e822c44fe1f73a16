// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package postgres

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/ledger"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// renewLease returns no row if another replica took the lease. It renews an expired lease that nobody took.
	renewLease = `UPDATE @.lease SET renewed = clock_timestamp(), expires = clock_timestamp() + $4::bigint * interval '1 millisecond',
	live = $5, request_ms = $6 WHERE component = $1 AND number = $2 AND holder = $3 RETURNING clock_timestamp()`
	giveUpLease = `UPDATE @.lease SET expires = '-infinity' WHERE component = $1 AND number = $2 AND holder = $3`
)

// Leader is the leadership of this replica, from the takeover until Lost is closed. During this time it is the ledger's Store.
type Leader struct {
	db     *DB
	number int64 // for fencing: it grows with each takeover
	// unsettled is how long a call of the former leader may still be under way.
	unsettled time.Duration
	live      atomic.Int64
	size      atomic.Int64

	renewal, commit, listen *session

	mu      sync.Mutex
	renewed time.Time // when the last successful renewal was sent

	life  context.Context //nolint:containedctx // it ends with the leadership, and its cause is the reason
	cease context.CancelCauseFunc
	wake  chan struct{}
	work  sync.WaitGroup
	gone  atomic.Bool // the lease is no longer this leadership's in the database
}

var _ ledger.Leadership = (*Leader)(nil)

func newLeader(ctx context.Context, db *DB, s *session, sent time.Time, now standing) *Leader {
	ctx, cease := context.WithCancelCause(context.WithoutCancel(ctx))
	lease := db.cfg.Lease
	l := &Leader{
		db: db, number: now.number, renewal: s, renewed: sent, life: ctx, cease: cease,
		unsettled: time.Duration(now.requestMS) * time.Millisecond,
		commit:    db.newSession(lease/2, lease/2),
		listen:    db.newSession(lease/4, lease/4),
		wake:      make(chan struct{}, 1),
	}
	l.live.Store(now.live)
	l.listen.setUp = "LISTEN " + db.channel + "_inbox"
	db.log.Info("This replica leads", zap.Int64("lease_number", l.number), zap.String("former_leader", now.former(db.id)))
	l.work.Go(func() { l.renew(ctx) })
	l.work.Go(func() { l.tick(ctx) })
	l.work.Go(func() { l.hear(ctx) })
	return l
}

// Unsettled is how long the last call of the former leader may be under way after it was sent.
func (l *Leader) Unsettled() time.Duration { return l.unsettled }

// Lost is closed when the leadership ends. Err then returns the reason.
func (l *Leader) Lost() <-chan struct{} { return l.life.Done() }

// Err returns why the leadership ended: ErrDeposed, ErrExpired, ErrResigned or ledger.ErrUncertain. It is nil while the leadership lasts.
func (l *Leader) Err() error { return context.Cause(l.life) }

// MayCall reports whether a call may leave now. since is when its write-ahead began. Another replica may lead a third of the lease
// later: it has loaded that write-ahead, and waits until the call must have ended.
func (l *Leader) MayCall(since time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.db.now()
	return l.Err() == nil && now.Sub(since) <= l.db.cfg.Lease/3 && now.Sub(l.renewed) <= l.tenure()
}

// tenure is how long a renewal counts here. It is shorter than the lease because clocks may run at different speeds.
func (l *Leader) tenure() time.Duration { return l.db.cfg.Lease - l.db.cfg.Lease/10 }

// Publish tells the followers the number of live aliases, with the next renewal.
func (l *Leader) Publish(live int) { l.live.Store(int64(live)) }

// Close gives the lease up, so that a successor takes it at once. All calls must have ended, or be in doubt. Close waits for a commit
// that is under way. Call it even if Lost is closed.
func (l *Leader) Close(ctx context.Context) error {
	select {
	case l.commit.turn <- struct{}{}:
		l.end(ErrResigned)
		<-l.commit.turn
	case <-l.life.Done():
	case <-ctx.Done():
		l.end(ErrResigned)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.work.Wait()
		l.commit.close(context.WithoutCancel(ctx)) // a commit that was under way has ended with the leadership
	}()
	select {
	case <-done:
	case <-ctx.Done():
		return l.db.fault("give the lease up", ctx.Err())
	}
	if !l.gone.Load() {
		return errors.New("cannot give up the lease: the next leader waits until it expires")
	}
	return nil
}

// end ends the leadership, once. A commit that is under way stops.
func (l *Leader) end(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.Err() != nil {
		return
	}
	l.cease(cause)
	if errors.Is(cause, ErrResigned) {
		l.db.log.Info("This replica no longer leads", zap.Int64("lease_number", l.number))
		return
	}
	l.db.log.Warn("This replica no longer leads", zap.Int64("lease_number", l.number), errorField(cause))
}

// ended returns nil while the leadership lasts, and then an ErrDeposed: the caller has changed nothing.
func (l *Leader) ended() error {
	cause := l.Err()
	if cause == nil || errors.Is(cause, ErrDeposed) {
		return cause
	}
	return &fault{text: "this replica no longer leads: " + cause.Error(), cause: ErrDeposed}
}

// renew renews the lease until the leadership ends, and then gives it up.
func (l *Leader) renew(ctx context.Context) {
	defer l.leave(ctx)
	lease := l.db.cfg.Lease
	wait := time.Duration(0) // replace the former leader's published numbers at once
	for {
		sleep.For(ctx, min(wait, max(0, l.left())))
		if ctx.Err() != nil {
			return
		}
		if l.left() <= 0 {
			l.end(ErrExpired)
			return
		}
		sent := l.db.now()
		held, err := l.renewOnce(ctx)
		l.db.report(err)
		switch {
		case err != nil:
			wait = lease / 20
			continue
		case !held:
			l.gone.Store(true)
			l.end(ErrDeposed)
			return
		}
		l.mu.Lock()
		l.renewed = sent
		l.mu.Unlock()
		wait = lease/3 - l.db.now().Sub(sent)
	}
}

// left is how long the last renewal still counts.
func (l *Leader) left() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tenure() - l.db.now().Sub(l.renewed)
}

func (l *Leader) renewOnce(ctx context.Context) (held bool, err error) {
	// The renewal must survive ctx, because its connection is needed to give the lease up.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.db.cfg.Lease/4)
	defer cancel()
	live := l.live.Load()
	// A second renewal is harmless.
	err = l.renewal.do(ctx, "renew the lease", true, func(ctx context.Context, conn *pgx.Conn) error {
		var now time.Time
		err := conn.QueryRow(ctx, l.db.sql(renewLease), l.db.component(), l.number, l.db.id, l.db.cfg.Lease.Milliseconds(),
			live, l.db.cfg.RequestTimeout.Milliseconds()).Scan(&now)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err == nil {
			held = true
			l.db.clock.learn(now, l.db.now())
			l.db.live.Store(live)
		}
		return err
	})
	return held, err
}

// leave gives up the lease and the connection. It changes nothing if another replica holds the lease.
func (l *Leader) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.db.cfg.Lease/4)
	defer cancel()
	if !l.gone.Load() {
		err := l.renewal.do(ctx, "give the lease up", true, func(ctx context.Context, conn *pgx.Conn) error {
			batch := &pgx.Batch{}
			batch.Queue(l.db.sql(giveUpLease), l.db.component(), l.number, l.db.id)
			batch.Queue("SELECT pg_notify($1, '')", l.db.channel+"_lease")
			return conn.SendBatch(ctx, batch).Close()
		})
		l.gone.Store(err == nil)
	}
	l.renewal.close(ctx)
	l.db.leading.Store(false)
}

func errorField(err error) zap.Field { return zap.String("error", err.Error()) }
