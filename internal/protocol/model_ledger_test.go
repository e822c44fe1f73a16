// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package protocol

import (
	"bytes"
	"os"
	"strings"
	"time"
)

// Times of the model in seconds: as in production, but shorter.
const (
	timeout      = 3
	settle       = 5
	echoWindow   = 12
	echoHold     = 12
	refresh      = 300
	retention    = 40
	maxBackoff   = 4
	margin       = 2 // below the creation time from which a lookup reads
	slow         = 10
	slowAfter    = 10
	hourly       = 120
	staleAfter   = 45
	ownStale     = 30
	resolveDelay = 6
)

const theAlias = "HighErrorRate:api-01.prod"

func modelPolicy(s switches) *Policy {
	p := &Policy{
		SettleTime:      settle * time.Second,
		EchoWindow:      echoWindow * time.Second,
		EchoHold:        echoHold * time.Second,
		Refresh:         refresh * time.Second,
		ClosedRetention: retention * time.Second,
		Members:         100,
		ReopenNever:     s.never && !s.byEvent,
		Renew:           s.renew,
		Backoff: Backoff{
			Initial: time.Second, Max: maxBackoff * time.Second, Multiplier: 2,
			Slow: slow * time.Second, Hourly: hourly * time.Second, SlowAfter: slowAfter,
		},
	}
	p.EchoAnySender, p.Punctual = s.replicas, s.replicas && !ordersByReceiver
	if s.replicas && !s.hasty {
		p.Unsettled = timeout * time.Second
	}
	if s.brief {
		p.Members = 1
	}
	if s.stale {
		p.StaleAfter = staleAfter * time.Second
	}
	if s.delay {
		p.ResolveDelay = resolveDelay * time.Second
	}
	return p
}

// ledger does what the real ledger does, for one alias.
type ledger struct {
	policy *Policy
	now    func() time.Time
	entry  *Entry // in memory, with its timers
	timers Timers
	record []byte // on disk; nil: none
	onDisk *Entry // the entry that the record was made from
	full   bool
	lies   bool // the next write is carried out, but seems to fail
	failed bool // the last write did
	lesson Lesson
	writes int
	// started is the entry with which the last call began.
	started Timed
	reread  bool // memory was read from disk, without a restart

	// The content, cached by Members.Says.
	rendered bool
	says     uint64
	content  Content
	rises    bool

	spreads, packs bool
	buckets        [][]byte // on disk

	keeps   bool // what was on disk
	backups []disk
}

// Mutations of the ledger and of the API's client, which the model replaces.
var (
	status500Certain = mutated("M10 ") // a 5xx counts as "did not happen"
	learnsOnStarted  = mutated("M11 ")
	memoryFirst      = mutated("M20 ")
	armsInMemory     = mutated("N4 ")
	opensForeign     = mutated("another tool's closed incident is taken for ours")
)

func mutated(name string) bool { return strings.HasPrefix(os.Getenv(mutantEnv), name) }

// commit writes n and then changes memory. If the write only seems to fail, memory is read from disk.
func (l *ledger) commit(n Timed) bool {
	if memoryFirst && n.Entry != nil {
		l.set(n)
	}
	if l.failed = l.full; l.full {
		return false
	}
	l.writes++
	l.record, l.onDisk, l.buckets = nil, n.Entry, nil
	if n.Entry != nil {
		l.record = AppendRecord(make([]byte, 0, 1024), n.Entry)
	}
	for i := range n.Buckets() {
		l.buckets = append(l.buckets, AppendBucket(nil, n.Entry, i))
	}
	if l.keeps {
		l.backups = append(l.backups, disk{l.record, l.buckets})
	}
	if l.lies {
		l.lies, l.failed, l.reread = false, true, true
		if l.policy.Punctual {
			l.policy.HeardSince = l.now() // a replica then stops leading
		}
		l.load()
		return false
	}
	l.set(n)
	return true
}

func (l *ledger) timed() Timed { return Timed{l.entry, l.timers} }

func (l *ledger) set(n Timed) {
	if l.packs && n.Entry != nil {
		if k, ok := Pack(n); ok {
			n = k.Unpack(theAlias)
		}
	}
	l.entry, l.timers = n.Entry, n.Timers
}

// load reads memory from disk.
func (l *ledger) load() {
	l.set(Timed{})
	l.onDisk, l.rendered = nil, false
	if l.record == nil {
		return
	}
	e := l.decode()
	l.onDisk = e
	l.set(l.policy.Load(e, l.now()))
}

func (l *ledger) decode() *Entry {
	e, err := Decode(theAlias, l.record, func(i int) []byte { return l.buckets[i] })
	if err != nil {
		panic(err)
	}
	if again := AppendRecord(nil, e); !bytes.Equal(again, l.record) {
		panic("read and written again: " + string(again) + " instead of " + string(l.record))
	}
	return e
}

// apply applies the events of webhooks in one transaction and returns their outcomes; nil if these are not known. writes: replicas write
// even if no entry changes, because the transaction checks that they lead and empties the inbox. arms: a create is armed, for a single
// webhook that is not from the inbox.
func (l *ledger) apply(webhooks [][]Event, arms, writes bool) (outcomes []Outcome) {
	l.failed = false
	n, durable := l.timed(), false
	for _, events := range webhooks {
		next, did := l.policy.Apply(n, events, l.now())
		outcomes = append(outcomes, did...)
		if next.Entry == n.Entry {
			continue
		}
		n = l.spread(next)
		durable = arms && l.policy.Arm(&n, l.wantOf(n.Entry), l.now()) || Durable(did) || durable
	}
	switch {
	case armsInMemory && n.Entry == l.entry && n.Entry != nil:
		n = n.copy()
		l.policy.Arm(&n, l.wantOf(n.Entry), l.now())
		l.set(n)
	case durable && !l.commit(n):
		return nil
	case !durable && writes && (l.full || l.lies):
		l.commit(l.timed())
		return nil
	default:
		l.set(n)
	}
	return outcomes
}

// spread gives each alert a bucket of its own.
func (l *ledger) spread(e Timed) Timed {
	if !l.spreads || len(e.Members.buckets) > 1 {
		return e
	}
	n := e.copy()
	n.Members.spread(2)
	n.Members.seal()
	return n
}

// sync reports whether the snapshot counts.
func (l *ledger) sync(s *Snapshot) bool {
	l.failed = false
	if l.entry == nil {
		return true
	}
	n, did := l.policy.Snapshot(l.timed(), s, l.now())
	if did.Durable() {
		return l.commit(n)
	}
	l.set(n)
	return true
}

// claim returns the next call, which is on disk by then, and the content that the incident should have.
func (l *ledger) claim() (d Decision, want Content, ok bool) {
	l.failed = false
	e := l.timed()
	if e.Entry == nil {
		return d, want, true
	}
	now := l.now()
	n := l.policy.Tick(e, now)
	if n.Entry == nil {
		return d, want, l.commit(n)
	}
	ticked := n != e
	n, armed := Disarm(n)
	if n.Firing() {
		want = l.want(n.Entry)
		d = l.policy.Decide(n, &want, now)
	} else {
		d = l.policy.Decide(n, nil, now)
	}
	switch c := d.Call; {
	case c.Kind == NoCall:
		return d, want, n == e || l.commit(n)
	case c.Kind == Lookup:
		if n != e && !l.commit(n) {
			return Decision{}, want, false
		}
		l.set(l.policy.Begin(n, c, now))
		return d, want, true
	case armed.Kind != NoCall && c.Kind == armed.Kind && c.ID == armed.ID && c.Content == armed.Content:
		d.Call.At = armed.At
		n = l.policy.Rearm(n, armed, now)
		l.started = n
		if ticked {
			return d, want, l.commit(n)
		}
		l.set(n) // the call is on disk already
		return d, want, true
	}
	d.Call.At = now
	l.started = l.policy.Begin(n, d.Call, now)
	return d, want, l.commit(l.started)
}

func (l *ledger) learn(c Call, a Answer) bool {
	l.failed, l.lesson = false, Nothing
	if l.entry == nil {
		return true
	}
	if learnsOnStarted && c.Kind != Lookup {
		l.set(l.started)
	}
	n, lesson := l.policy.Learn(l.timed(), c, a, l.now())
	l.lesson = lesson
	return l.commit(n)
}

// want is what the incident should say.
func (l *ledger) want(e *Entry) Content {
	if !l.rendered || l.says != e.Members.Says() {
		l.content, l.says, l.rendered = render(worstAlerts(e)), e.Members.Says(), true
	}
	if l.rises {
		return l.content.atLeast(e.Peak)
	}
	return l.content
}
