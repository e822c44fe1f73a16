// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package services finds the ids of Alert24's services by their names. It keeps the list of all services in memory. It reads the
// list again at intervals, and soon after a request for an unknown name. It knows Alert24 only as a function. Start reading at
// Directory.ID and Directory.Run.
package services

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

const (
	// every is the time between readings; soonest is the minimum time after a reading before an unknown name causes another.
	every   = 10 * time.Minute
	soonest = 30 * time.Second
	// maxServices bounds the names in memory, maxUnknown the unknown names that are counted.
	maxServices = 10_000
	maxUnknown  = 200
)

// Config of a Directory.
type Config struct {
	// List returns all services.
	List func(ctx context.Context) ([]alert24.Service, error)
	// Changed is called when a name has an id that was unknown in an earlier request.
	Changed func()
	// Unknown is called on each request for a name that no service has.
	Unknown func(name string)
}

// Directory knows services by name. It is safe for concurrent use.
type Directory struct {
	cfg    Config
	wake   chan struct{} // holds one wake-up
	loaded chan struct{} // closed after the first reading, whether it succeeded or not

	mu        sync.Mutex
	ids       map[string]string // by folded name
	known     map[string]bool   // ids
	refreshed time.Time         // zero: not read yet
	err       error             // of the last reading
	unknown   map[string]int64
	missed    map[string]bool // names requested without success
}

// New returns a Directory that is empty until Run has read the list.
func New(cfg Config) *Directory {
	return &Directory{
		cfg: cfg, wake: make(chan struct{}, 1), loaded: make(chan struct{}),
		ids: map[string]string{}, known: map[string]bool{}, unknown: map[string]int64{}, missed: map[string]bool{},
	}
}

// fold makes names equal that differ only in case or in white space at their ends.
func fold(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// ID returns the id of the service with the name; an id stands for itself. It returns "" if no known service has the name. It does
// not wait.
func (d *Directory) ID(name string) string {
	d.mu.Lock()
	id, found := d.ids[fold(name)]
	if !found && d.known[name] {
		id, found = name, true
	}
	if found {
		d.mu.Unlock()
		return id
	}
	if len(d.missed) < maxUnknown {
		d.missed[strings.Clone(name)] = true
	}
	read := !d.refreshed.IsZero()
	if _, counted := d.unknown[name]; read && (counted || len(d.unknown) < maxUnknown) {
		d.unknown[strings.Clone(name)]++
	}
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
	if read && d.cfg.Unknown != nil {
		d.cfg.Unknown(name)
	}
	return ""
}

// Run reads the list until ctx ends.
func (d *Directory) Run(ctx context.Context) {
	for ctx.Err() == nil {
		d.Read(ctx)
		if !sleep.For(ctx, soonest) {
			return
		}
		next := time.NewTimer(every - soonest)
		select {
		case <-d.wake:
		case <-next.C:
		case <-ctx.Done():
		}
		next.Stop()
	}
}

// Await waits for the first reading, at most until ctx ends.
func (d *Directory) Await(ctx context.Context) {
	select {
	case <-d.loaded:
	case <-ctx.Done():
	}
}

// Read reads the list once, as Run does.
func (d *Directory) Read(ctx context.Context) {
	select {
	case <-d.wake: // this reading is the answer
	default:
	}
	all, err := d.cfg.List(ctx)
	if ctx.Err() != nil {
		return
	}
	if d.take(all, err) && d.cfg.Changed != nil {
		d.cfg.Changed()
	}
}

// take stores a list, and reports whether it has a missed name. A failed reading changes nothing known.
func (d *Directory) take(all []alert24.Service, err error) (found bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	first := d.refreshed.IsZero() && d.err == nil
	d.err = err
	if first {
		close(d.loaded)
	}
	if err != nil {
		return false
	}
	// If several services have one name, the least id counts, whatever their order.
	slices.SortFunc(all, func(a, b alert24.Service) int { return cmp.Compare(a.ID, b.ID) })
	d.ids, d.known, d.refreshed = make(map[string]string, len(all)), make(map[string]bool, len(all)), time.Now()
	for _, s := range all[:min(len(all), maxServices)] {
		d.known[s.ID] = true
		if name := fold(s.Name); d.ids[name] == "" {
			d.ids[name] = s.ID
		}
	}
	for name := range d.missed {
		if d.ids[fold(name)] != "" || d.known[name] {
			found = true
			delete(d.missed, name)
			delete(d.unknown, name)
		}
	}
	return found
}

// Unknown is a name that no service has, and the number of requests for it.
type Unknown struct {
	Name  string
	Count int64
}

// State describes a Directory for people.
type State struct {
	Services  int
	Refreshed time.Time
	Err       error
	// Unknown is sorted by count.
	Unknown []Unknown
}

// State returns what d knows.
func (d *Directory) State() State {
	d.mu.Lock()
	defer d.mu.Unlock()
	s := State{Services: len(d.known), Refreshed: d.refreshed, Err: d.err}
	for name, n := range d.unknown {
		s.Unknown = append(s.Unknown, Unknown{name, n})
	}
	slices.SortFunc(s.Unknown, func(a, b Unknown) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name)) })
	return s
}
