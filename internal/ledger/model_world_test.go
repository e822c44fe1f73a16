// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package ledger

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/extension/xextension/storage"

	"github.com/alert24/otelcol-alert24/internal/incident"
)

// Times of the model in seconds: as in production, but shorter.
const (
	timeout    = 3
	settle     = 5
	echoWindow = 12
	echoHold   = 12
	refresh    = 300
	retention  = 40
	maxBackoff = 4
	margin     = 2 // of a look-up's lower bound
)

const theAlias = "HighErrorRate:api-01.prod"

func modelPolicy() *Policy {
	return &Policy{
		SettleTime:      settle * time.Second,
		EchoWindow:      echoWindow * time.Second,
		EchoHold:        echoHold * time.Second,
		Refresh:         refresh * time.Second,
		ClosedRetention: retention * time.Second,
		Backoff:         Backoff{Initial: time.Second, Max: maxBackoff * time.Second, Multiplier: 2},
		Render:          render,
	}
}

// disk is what survives a kill.
type disk struct {
	records map[string][]byte
	full    bool
	lies    bool // the next write is carried out, and seems to fail
	lied    bool // the last one did
	writes  int
}

var errDiskFull = errors.New("disk full")

func (d *disk) Batch(_ context.Context, ops ...*storage.Operation) error {
	if d.full {
		return errDiskFull
	}
	writes := false
	for _, op := range ops {
		writes = writes || op.Type != storage.Get
		switch op.Type {
		case storage.Set:
			d.records[op.Key] = bytes.Clone(op.Value) // as every storage does: the ledger uses the memory again
		case storage.Delete:
			delete(d.records, op.Key)
		case storage.Get:
			op.Value = d.records[op.Key]
		}
	}
	if writes {
		d.writes++
	}
	if d.lied = d.lies && writes; d.lied {
		d.lies = false
		return errDiskFull
	}
	return nil
}

// working: the last write did not have to fail.
func (d *disk) working() bool { return !d.full && !d.lied }

// record returns what counts of theAlias, or nil.
func (d *disk) record() []byte {
	var found []byte
	for _, key := range slices.Sorted(maps.Keys(d.records)) {
		if strings.HasPrefix(key, segmentPrefix) {
			aliases, records, err := decodeSegment(d.records[key])
			if err != nil {
				panic(err)
			}
			if i := slices.Index(aliases, theAlias); i >= 0 {
				found = bytes.TrimSuffix(records[i], []byte("\n"))
			}
		}
	}
	if len(found) == 0 {
		return nil
	}
	return found
}

func (d *disk) Walk(ctx context.Context, fn storage.WalkFunc) error {
	var all []*storage.Operation
	for _, key := range slices.Sorted(maps.Keys(d.records)) {
		ops, err := fn(key, d.records[key])
		if err != nil {
			return err
		}
		all = append(all, ops...)
	}
	return d.Batch(ctx, all...)
}

func (d *disk) Get(ctx context.Context, key string) ([]byte, error) {
	op := storage.GetOperation(key)
	return op.Value, d.Batch(ctx, op)
}

func (d *disk) Set(ctx context.Context, key string, value []byte) error {
	return d.Batch(ctx, storage.SetOperation(key, value))
}

func (d *disk) Delete(ctx context.Context, key string) error {
	return d.Batch(ctx, storage.DeleteOperation(key))
}

func (d *disk) Close(context.Context) error { return nil }

// fate is what becomes of a call.
type fate int

const (
	answered   fate = iota
	certain         // refused for certain: 429, or no connection
	failed          // not answered, not carried out
	unanswered      // carried out, not answered
	status500       // carried out, answered with 500
	late            // not answered, carried out later
)

// work is a call of the one worker.
type work struct {
	call  Call
	entry *Entry
	fate  fate
	req   *request
	sent  int
	began time.Time
	// whenAnswered: carried out just before the answer, not on arrival.
	whenAnswered bool
	lateBy       int
	found        []Found   // what a look-up saw on arrival
	answer       *Answered // known, not yet on disk
}

// world is one history: an Alert24, its people, senders, and the ledger between them.
type world struct {
	senders
	server
	failer

	now    int // true time in seconds
	skew   int // of the wall clock
	disk   *disk
	policy *Policy
	ledger *Ledger
	epoch  int
	seq    int64
	work   *work
	calm   bool // everybody behaves: the end of the history

	paged      int // incidents created, as last checked
	deliveries int
	kills      int
	perhaps    []arrived    // what disk may have of a push that seemed to fail, until the next transaction
	perhapsOf  *transaction // that push
	verified   *Entry       // the entry that was last compared with disk
	onDisk     int          // writes at that time
	held       [2]hold
}

// hold is what was last seen of a held member.
type hold struct {
	held  bool
	until int // true time
}

// status500Certain is mutation 10, in what the model does for the API client: a 5xx counts as "did not happen".
var status500Certain = strings.HasPrefix(os.Getenv(mutantEnv), "M10 ")

// failer hears of a broken invariant and does not return.
type failer interface {
	Fatalf(format string, args ...any)
}

func newWorld(f failer, s switches) *world {
	w := &world{
		failer: f, senders: newSenders(), server: server{switches: s},
		disk: &disk{records: map[string][]byte{}}, policy: modelPolicy(), now: 1,
	}
	w.restart()
	return w
}

func (w *world) wall() time.Time { return at(w.now + w.skew) }

func (w *world) entry() *Entry { return w.ledger.Get(theAlias) }

func (w *world) restart() {
	w.epoch++
	w.seq, w.work, w.stuck = 0, nil, nil
	w.ledger = New(w.policy, w.disk, 1, w.wall)
	if _, err := w.ledger.Load(context.Background()); err != nil {
		w.Fatalf("load: %v", err)
	}
}

// recorded is the entry as disk has it, or nil.
func (w *world) recorded() *Entry {
	record := w.disk.record()
	if record == nil {
		return nil
	}
	e, err := decode(theAlias, record)
	if err != nil {
		w.Fatalf("on disk: %v", err)
	}
	return e
}

// kill ends the process; what is on the wire may still be carried out.
func (w *world) kill(down, skew int) {
	w.kills++
	for i := range w.alerts {
		if a := &w.alerts[i]; a.owes {
			down = max(0, min(down, a.oweBy-w.now)) // the senders keep to their time
		}
	}
	if w.work != nil {
		w.giveUp()
	}
	for range down {
		w.second()
	}
	if t := w.ledger.store.doubtful; t != nil && t == w.perhapsOf && w.disk.lied {
		for _, a := range w.perhaps {
			w.pages++
			if a.sender == am1 {
				w.tell(a.notification)
			} else if !a.firing {
				w.wrongly(a.notification)
			}
		}
	}
	before := w.recorded()
	w.skew = skew
	w.disk.full, w.disk.lies = false, false
	w.restart()
	w.checkRestart(before)
}

// giveUp: nobody waits for the worker's call any more.
func (w *world) giveUp() {
	k := w.work
	if k.fate == late && k.req != nil {
		k.req.due = w.now + k.lateBy
		w.late = append(w.late, k.req)
		w.commitLate(w.now)
		k.req = nil
	}
	if k.whenAnswered && k.req != nil && (k.fate == unanswered || k.fate == status500) {
		w.commit(k.req, w.now)
		k.req = nil
	}
}

// second lets true time pass by one second, after those have acted who may not be later.
func (w *world) second() {
	w.now++
	w.commitLate(w.now)
	w.check()
}

// tick is second for a process that runs.
func (w *world) tick() {
	for _, a := range slices.Clone(w.stuck) {
		if a.by <= w.now {
			w.through(0)
		}
	}
	for i := range w.alerts {
		if a := &w.alerts[i]; a.owes && a.oweBy <= w.now {
			w.disk.full, w.disk.lies = false, false
			w.secondResolves(i, 0)
		}
	}
	if k := w.work; k != nil && k.answer == nil && k.sent+timeout <= w.now {
		w.answer()
	}
	w.second()
}

func (w *world) arrive(n notification) arrived {
	w.seq++
	ev := Event{
		Alias: theAlias, Firing: n.firing, Alert: incident.Pack(new(w.alert(n.alert, n.start))),
		Epoch: strconv.Itoa(w.epoch), Seq: w.seq, Sender: n.sender,
	}
	if !n.firing {
		ev.EndsAt = start.Add(time.Duration(n.end) * time.Millisecond)
	}
	return arrived{Event: ev, notification: n, by: w.now + maxStuck}
}

// apply hands a request that has arrived to the ledger and reports whether it was acknowledged.
func (w *world) apply(a arrived) (Outcome, bool) {
	outcomes := w.push(a)
	if outcomes == nil {
		return 0, false
	}
	w.checkHold(a.alert, outcomes[0])
	return outcomes[0], true
}

// push is apply for a request with several alerts; nil says that it was not acknowledged.
func (w *world) push(all ...arrived) []Outcome {
	w.deliveries += len(all)
	events := make([]Event, len(all))
	for i, a := range all {
		events[i] = a.Event
	}
	outcomes, err := w.ledger.Apply(context.Background(), events)
	if err != nil {
		if w.disk.working() {
			w.Fatalf("apply: %v", err)
		}
		w.perhaps, w.perhapsOf = all, w.ledger.store.doubtful
		w.check()
		return nil
	}
	for i, a := range all {
		if a.sender == am1 && outcomes[i] != OlderDropped {
			w.tell(a.notification)
			if outcomes[i] == EchoHeld {
				w.pages++
			}
		}
	}
	w.check()
	return outcomes
}

// deliverAll is all that the first replica has to say, in one request.
func (w *world) deliverAll() {
	all := make([]arrived, 0, len(w.queue))
	for _, n := range w.queue {
		all = append(all, w.arrive(n))
	}
	if len(all) == 0 {
		return
	}
	if outcomes := w.push(all...); outcomes != nil {
		w.queue = nil
		for i, a := range all {
			w.acknowledged(a.notification, outcomes[i], w.now)
		}
		w.noteHolds()
	}
}

// deliver is the first replica's next notification; again: the acknowledgement is lost, so it is sent again.
func (w *world) deliver(again bool) {
	if len(w.queue) == 0 {
		return
	}
	n := w.queue[0]
	o, ok := w.apply(w.arrive(n))
	if ok && !again {
		w.queue = w.queue[1:]
		w.acknowledged(n, o, w.now)
	}
}

// handlerStuck: the first replica's request arrives but does not get through yet, so that it will be sent again.
func (w *world) handlerStuck() {
	if len(w.queue) > 0 && len(w.stuck) < 2 {
		w.stuck = append(w.stuck, w.arrive(w.queue[0]))
	}
}

// through: a stuck handler gets through; its sender does not listen any more.
func (w *world) through(i int) {
	if i < len(w.stuck) {
		a := w.stuck[i]
		w.stuck = slices.Delete(w.stuck, i, i+1)
		w.apply(a)
	}
}

func (w *world) secondFires(i int) {
	n, isEcho, ok := w.echo(i, w.now)
	if !ok {
		return
	}
	if o, ok := w.apply(w.arrive(n)); ok && !isEcho {
		w.tell(n)
		if o == EchoHeld {
			w.pages++
		}
	}
}

func (w *world) secondResolves(i, later int) {
	n, ok := w.correct(i, later)
	if !ok {
		return
	}
	if o, ok := w.apply(w.arrive(n)); ok {
		w.acknowledged(n, o, w.now)
	}
}

// repeat is the first replica's repeat for what fires; not while it has something new to say.
func (w *world) repeat(i int) {
	if w.alerts[i].firing && len(w.queue) == 0 {
		w.apply(w.arrive(w.current(i)))
	}
}

// claim lets the worker take its next call and send it.
func (w *world) claim(f fate, lateBy int, whenAnswered bool) Decision {
	if w.work != nil {
		return Decision{}
	}
	e, d, err := w.ledger.Claim(context.Background(), theAlias)
	if err != nil {
		if w.disk.working() {
			w.Fatalf("claim: %v", err)
		}
		w.check()
		return Decision{}
	}
	if d.Call.Kind == NoCall {
		w.checkHold(-1, 0)
		w.check()
		w.checkWake(d)
		return d
	}
	w.work = &work{call: d.Call, entry: e, fate: f, sent: w.now, began: w.wall(), lateBy: lateBy, whenAnswered: whenAnswered}
	w.checkCall(e, d.Call)
	w.send()
	w.checkHold(-1, 0)
	w.check()
	return d
}

func (w *world) send() {
	k := w.work
	if k.call.Kind == Lookup {
		k.found = w.look()
		return
	}
	k.req = &request{kind: k.call.Kind, id: k.call.ID, seesNone: len(w.open()) == 0}
	if k.call.Kind == Create || k.call.Kind == Update {
		k.req.content = contentOf(render("", k.entry.FiringAlerts(), incident.Context{}))
	}
	if (k.fate == unanswered || k.fate == status500) && !k.whenAnswered {
		w.commit(k.req, w.now)
		k.req = nil
	}
}

func (w *world) look() []Found {
	c := w.work.call
	var want content
	if w.work.entry.Firing() {
		want = contentOf(render("", w.work.entry.FiringAlerts(), incident.Context{}))
	}
	bound := int(c.At.Sub(start)/time.Second) - w.skew - margin
	return w.list(w.work.entry, c, bound, want)
}

// answer lets the worker learn what became of its call.
func (w *world) answer() {
	k := w.work
	if k == nil {
		return
	}
	if k.answer == nil {
		w.giveUp()
		k.answer = &Answered{Alias: theAlias, Call: k.call, Answer: w.answerOf(k)}
	}
	if err := w.ledger.Learn(context.Background(), []*Answered{k.answer}); err != nil {
		if w.disk.working() {
			w.Fatalf("learn: %v", err)
		}
		w.check()
		return
	}
	w.work = nil
	w.checkHold(-1, 0)
	w.check()
}

func (w *world) answerOf(k *work) Answer {
	if k.call.Kind == Lookup {
		if k.fate != answered {
			return Answer{Verdict: LookupError}
		}
		if k.whenAnswered {
			k.found = w.look()
		}
		return Answer{Verdict: Accepted, Found: k.found, Began: k.began}
	}
	switch k.fate {
	case answered:
		r := w.commit(k.req, w.now)
		if r == nil {
			return Answer{Verdict: Gone}
		}
		return Answer{Verdict: Accepted, Incident: found1(r)}
	case certain:
		return Answer{Verdict: NotSent}
	case status500:
		if status500Certain {
			return Answer{Verdict: NotSent}
		}
	}
	return Answer{Verdict: Unanswered}
}

// personActs closes or deletes the newest incident.
func (w *world) personActs(del bool) {
	open := w.open()
	if !w.people || len(open) == 0 {
		return
	}
	r := open[len(open)-1]
	r.open, r.deleted = false, del
	w.pages++
}
