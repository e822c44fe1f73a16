// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"time"

	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// crash ends the collector again and again until ctx ends, mostly with SIGKILL, and leaves it running at the end. Lives shorter
// than every timer alternate with some that are long enough for doubt to end. Sometimes it pauses the process instead: the process
// stops between two instructions, and continues when others believe it dead.
func (r *run) crash(ctx context.Context) error {
	random := r.source(10_000)
	for n := 0; ; n++ {
		life := 200*time.Millisecond + time.Duration(random.Int64N(int64(1500*time.Millisecond)))
		if random.IntN(6) == 0 {
			life = settleTime + time.Duration(random.Int64N(int64(settleTime)))
		}
		if !sleep.For(ctx, life) {
			return nil
		}
		how := random.IntN(8)
		if n == 0 {
			how = 7 // at least one kill
		}
		switch {
		case r.worlds[pauses] && (n == 1 || n > 1 && how == 1):
			if err := r.pause(settleTime + requestTimeout/4 + time.Duration(random.Int64N(int64(settleTime)))/2); err != nil {
				return err
			}
			continue
		case how == 0:
			r.stops++
			from := time.Now()
			if err := r.collector.Stop(); err != nil {
				return err
			}
			r.ends = append(r.ends, span{from, time.Now()})
			r.note("stopped")
		default:
			r.kills++
			from := time.Now()
			r.collector.Kill()
			r.ends = append(r.ends, span{from, time.Now()})
			r.note("killed")
		}
		// The collector is started again even if the chaos has ended meanwhile.
		if err := r.collector.Start(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		r.note("started")
	}
}

// pause stops the process for a time and lets it continue.
func (r *run) pause(length time.Duration) error {
	from := time.Now()
	if err := r.collector.Pause(); err != nil {
		return err
	}
	r.note("paused")
	time.Sleep(length)
	err := r.collector.Resume()
	r.note("continued")
	r.pauses = append(r.pauses, span{from, time.Now()})
	return err
}

func (r *run) note(what string) {
	r.lives = append(r.lives, entry{time.Now(), "----- the collector was " + what})
	if what == "killed" || what == "stopped" {
		r.logs = append(r.logs, pack(r.collector.Log()))
	}
}
