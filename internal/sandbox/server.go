// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/alert24/otelcol-alert24/internal/sandbox/fault"
	"github.com/alert24/otelcol-alert24/internal/sandbox/store"
	"github.com/alert24/otelcol-alert24/internal/sleep"
)

// BasePath is where the API is served.
const BasePath = "/api/v1"

// DemoKey has the form of a real key. It works only with a sandbox.
const DemoKey = "ak_live_demodemodemodemodemodemodemodemo"

// Types of the packages below that users of this package need.
type (
	// Incident is everything that the sandbox holds about one incident.
	Incident = store.Incident
	// Event is an entry of an incident's history.
	Event = store.Event
	// Change is what an Event changed.
	Change = store.Change
	// Patch is a change by a person.
	Patch = store.Patch
	// Switches decide what Alert24's documentation leaves open.
	Switches = store.Switches
	// Fault is a rule that makes requests fail.
	Fault = fault.Fault
	// Match selects the requests of a Fault.
	Match = fault.Match
)

// Merging is a possible reading of the documentation. A create updates the open incident of its alias, or closes it if the create
// says so, in one atomic step.
func Merging(sw *Switches) {
	sw.AliasHit, sw.AliasResolve, sw.NonAtomicCreate = store.Merge, store.Resolve, 0
}

// Options configure a Server. The zero value is a sandbox with default switches that accepts any key.
type Options struct {
	// Keys maps each accepted API key to its scopes (read, write, incidents). Nil accepts any key that starts with ak_.
	Keys map[string][]string
	// Seed determines the ids and the draws of faults; 0 picks a random one.
	Seed uint64
	// Now is the clock; nil is time.Now. Waiting always uses package time, which testing/synctest controls as well.
	Now func() time.Time
	// Switches changes the initial switches, to which Reset returns; nil keeps the defaults. New panics if a value is not allowed.
	Switches func(*Switches)
	// AnyHost answers requests to the routes for tests whatever their Host. Set it if others than this machine can reach the server.
	AnyHost bool
	// MaxIncidents bounds the incidents held (200,000); above it, creates get 507.
	MaxIncidents int
	// MaxHistory bounds the history of each incident (100). The first entry and the newest are kept.
	MaxHistory int
	// MaxRequests bounds the log of requests (10,000); the newest are kept.
	MaxRequests int
	// MaxBody bounds the body of a request (1 MiB); above it, 413.
	MaxBody int64
	// MaxSubscribers bounds the open pages (32); above it, 503.
	MaxSubscribers int
}

// maxPending bounds the requests that wait to be carried out after their answer.
const maxPending = 10_000

// Server is the sandbox. Use it as an http.Handler. Its methods are safe for concurrent use.
type Server struct {
	options Options
	handler http.Handler

	// running ends everything that waits.
	running context.Context //nolint:containedctx // it ends with the server
	end     context.CancelFunc
	wait    sync.WaitGroup

	hub *hub

	mu       sync.Mutex
	store    *store.Store
	switches Switches
	initial  Switches               // Reset returns to them
	windows  map[string][]time.Time // of the rate limit: the newest counted requests of a key
	rules    *fault.Rules
	keys     map[string][]string
	services []Service
	log      []*Request // the newest
	stats    Stats
	ids      *rand.ChaCha8
	pending  int
	life     int // number of resets
}

// New returns a running sandbox. The caller must close it.
func New(o Options) *Server {
	o.MaxIncidents = cmp.Or(o.MaxIncidents, 200_000)
	o.MaxHistory = max(2, cmp.Or(o.MaxHistory, 100))
	o.MaxRequests = cmp.Or(o.MaxRequests, 10_000)
	o.MaxBody = cmp.Or(o.MaxBody, 1<<20)
	o.MaxSubscribers = cmp.Or(o.MaxSubscribers, 32)
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Seed = cmp.Or(o.Seed, rand.Uint64()) //nolint:gosec // nothing secret comes from it
	s := &Server{
		options: o, hub: newHub(o.MaxSubscribers), keys: o.Keys,
		switches: store.DefaultSwitches(), windows: map[string][]time.Time{},
	}
	s.running, s.end = context.WithCancel(context.Background())
	if o.Switches != nil {
		o.Switches(&s.switches)
	}
	if err := s.switches.Validate(); err != nil {
		panic(err)
	}
	s.initial = s.switches
	s.restart()
	s.handler = s.routes()
	return s
}

// restart begins with an empty state. The caller holds mu, or is New.
func (s *Server) restart() {
	s.ids = chacha(s.options.Seed, 'i')
	s.rules = fault.NewRules(rand.New(chacha(s.options.Seed, 'f'))) //nolint:gosec // reproducible on purpose
	s.store = store.New(store.Limits{Incidents: s.options.MaxIncidents, History: s.options.MaxHistory}, s.newUUID)
	s.log = nil
	s.stats = Stats{Requests: map[string]int{}, Answers: map[int]int{}, Writes: map[string]int{}, ByPeople: map[string]int{}, Pages: map[string]int{}}
	clear(s.windows)
	s.life++
}

// chacha gives each use its own sequence, so the number of ids does not affect the draws of faults.
func chacha(seed uint64, use byte) *rand.ChaCha8 {
	var key [32]byte
	binary.LittleEndian.PutUint64(key[:], seed)
	key[31] = use
	return rand.NewChaCha8(key)
}

// ServeHTTP serves the API, the routes for tests, and the page.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.handler.ServeHTTP(w, r) }

// Close ends hanging requests and subscriptions, and cancels late commits. Requests still work after it.
func (s *Server) Close() {
	s.end()
	s.wait.Wait()
}

// Seed returns the seed in use.
func (s *Server) Seed() uint64 { return s.options.Seed }

// Reset returns to the state after the start: no incidents, faults, log or counts, and the switches of the options. Keys and services stay.
// Pending late commits are cancelled.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.restart()
	s.setSwitches(s.initial)
	s.hub.reset()
}

// Switches returns the switches in use.
func (s *Server) Switches() Switches {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.switches
}

// SetSwitches changes switches while the sandbox runs. On an error nothing changes.
func (s *Server) SetSwitches(change func(*Switches)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.switches
	change(&next)
	if err := next.Validate(); err != nil {
		return err
	}
	s.setSwitches(next)
	return nil
}

func (s *Server) setSwitches(next Switches) {
	if next.RateLimit != s.switches.RateLimit {
		clear(s.windows)
	}
	s.switches = next
}

// SetKeys replaces the accepted keys; see Options.Keys.
func (s *Server) SetKeys(keys map[string][]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.keys = keys
}

// AddFault appends a rule and returns its id.
func (s *Server) AddFault(f Fault) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.Add(f)
}

// SetFaults replaces the list. On an error nothing changes.
func (s *Server) SetFaults(list []Fault) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.Set(list)
}

// RemoveFault removes a rule and reports whether it existed.
func (s *Server) RemoveFault(id int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.Remove(id)
}

// ClearFaults empties the list.
func (s *Server) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rules.Clear()
}

// Faults lists the rules with their counts.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rules.List()
}

// newUUID returns a version 4 UUID. The caller holds mu.
func (s *Server) newUUID() string {
	id, err := uuid.NewRandomFromReader(s.ids)
	if err != nil {
		panic(err) // ChaCha8 never fails to read
	}
	return id.String()
}

func (s *Server) newRequestID() string {
	var b [12]byte
	s.mu.Lock()
	_, _ = s.ids.Read(b[:]) // never fails
	s.mu.Unlock()
	return "req_" + hex.EncodeToString(b[:])
}

// sleep waits, and returns false if the sandbox was closed meanwhile.
func (s *Server) sleep(d time.Duration) bool {
	return (d <= 0 || sleep.For(s.running, d)) && s.running.Err() == nil
}
