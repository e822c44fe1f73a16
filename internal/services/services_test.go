// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package services

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/alert24/otelcol-alert24/internal/alert24"
)

// lists answers with one list after another, and then repeats the last one.
type lists struct {
	calls  atomic.Int64
	answer []func() ([]alert24.Service, error)
}

func (l *lists) list(context.Context) ([]alert24.Service, error) {
	return l.answer[min(int(l.calls.Add(1)), len(l.answer))-1]()
}

func of(services ...alert24.Service) func() ([]alert24.Service, error) {
	return func() ([]alert24.Service, error) { return services, nil }
}

var (
	api     = alert24.Service{ID: "svc-1", Name: "Public API"}
	db      = alert24.Service{ID: "svc-2", Name: "Database"}
	errAway = errors.New("no answer")
)

// run runs a Directory in a bubble of time until do returns.
func run(t *testing.T, answers []func() ([]alert24.Service, error), do func(ctx context.Context, d *Directory, l *lists, changed *atomic.Int64)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		t.Helper()
		var changed atomic.Int64
		l := &lists{answer: answers}
		d := New(Config{List: l.list, Changed: func() { changed.Add(1) }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		do(ctx, d, l, &changed)
		cancel()
		<-done
	})
}

func TestNamesAreFoundInAnyCaseAndIDsStandForThemselves(t *testing.T) {
	twin := alert24.Service{ID: "svc-0", Name: "public api"}
	run(t, []func() ([]alert24.Service, error){of(api, db, twin)}, func(ctx context.Context, d *Directory, _ *lists, _ *atomic.Int64) {
		d.Await(ctx)
		assert.Equal(t, "svc-0", d.ID(" PUBLIC API "), "of two the least id")
		assert.Equal(t, "svc-2", d.ID("svc-2"))
		for _, name := range []string{"nothing", "often", "often", "never"} {
			assert.Empty(t, d.ID(name))
		}
		assert.Equal(t, []Unknown{{"often", 2}, {"never", 1}, {"nothing", 1}}, d.State().Unknown)
		assert.Equal(t, 3, d.State().Services)
	})
}

func TestListIsReadAgainEveryTenMinutes(t *testing.T) {
	run(t, []func() ([]alert24.Service, error){of(api)}, func(_ context.Context, _ *Directory, l *lists, _ *atomic.Int64) {
		time.Sleep(time.Hour + time.Second)
		assert.Equal(t, int64(7), l.calls.Load())
	})
}

func TestMissReadsTheListSoonAndTellsWhenItIsFound(t *testing.T) {
	run(t, []func() ([]alert24.Service, error){of(api), of(api), of(api, db)}, func(ctx context.Context, d *Directory, l *lists, changed *atomic.Int64) {
		d.Await(ctx)
		for range 100 {
			assert.Empty(t, d.ID("Database"))
		}
		time.Sleep(soonest + time.Second)
		assert.Equal(t, int64(2), l.calls.Load(), "a hundred misses are one reading")
		assert.Zero(t, changed.Load())
		assert.Equal(t, int64(100), d.State().Unknown[0].Count)
		d.ID("Database")
		assert.Empty(t, d.ID("svc-2"))
		time.Sleep(soonest + time.Second)
		assert.Equal(t, int64(1), changed.Load())
		assert.Equal(t, "svc-2", d.ID("Database"))
		assert.Empty(t, d.State().Unknown)
		time.Sleep(2 * every)
		assert.Equal(t, int64(1), changed.Load(), "it is told once")
	})
}

func TestFailedReadingChangesNothing(t *testing.T) {
	away := func() ([]alert24.Service, error) { return nil, errAway }
	run(t, []func() ([]alert24.Service, error){away, of(api), away}, func(ctx context.Context, d *Directory, _ *lists, changed *atomic.Int64) {
		d.Await(ctx) // it returns although the reading failed
		assert.Empty(t, d.ID("Public API"))
		assert.Empty(t, d.State().Unknown, "nobody knows yet whether there is such a service")
		assert.ErrorIs(t, d.State().Err, errAway)
		time.Sleep(soonest + time.Second)
		assert.Equal(t, int64(1), changed.Load(), "what was asked for in vain before the first list")
		time.Sleep(every)
		assert.ErrorIs(t, d.State().Err, errAway)
		assert.Equal(t, "svc-1", d.ID("Public API"))
	})
}

func TestUnknownNamesAreBounded(t *testing.T) {
	run(t, []func() ([]alert24.Service, error){of()}, func(ctx context.Context, d *Directory, _ *lists, _ *atomic.Int64) {
		d.Await(ctx)
		for i := range 2 * maxUnknown {
			d.ID(fmt.Sprint("name ", i))
		}
		assert.Len(t, d.State().Unknown, maxUnknown)
		assert.Len(t, d.missed, maxUnknown)
	})
}

func TestServicesAreBounded(t *testing.T) {
	many := make([]alert24.Service, maxServices+1)
	for i := range many {
		many[i] = alert24.Service{ID: fmt.Sprintf("svc-%06d", i), Name: fmt.Sprint("name ", i)}
	}
	run(t, []func() ([]alert24.Service, error){of(many...)}, func(ctx context.Context, d *Directory, _ *lists, _ *atomic.Int64) {
		d.Await(ctx)
		assert.Equal(t, maxServices, d.State().Services)
	})
}
