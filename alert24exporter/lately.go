// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package alert24exporter

import (
	"cmp"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/event"
	"github.com/alert24/otelcol-alert24/internal/protocol"
	"github.com/alert24/otelcol-alert24/internal/seldom"
	"github.com/alert24/otelcol-alert24/internal/status"
)

const (
	// maxNotices bounds the notices in memory, noticesPerWebhook those of one webhook.
	maxNotices        = 500
	noticesPerWebhook = 50
	// maxResultAliases bounds the aliases with results in memory.
	maxResultAliases = 10_000
	// maxSyncs bounds the sources of lists.
	maxSyncs = 50
	// maxTruncated bounds the groups that Alertmanager cuts.
	maxTruncated = 1024
)

// lately keeps recent facts for the status page, and logs why alerts have no incident. It is safe for concurrent use.
type lately struct {
	logger  *seldom.Logger
	started time.Time
	now     func() time.Time
	notices *status.Notices
	cut     *status.Truncated
	results *status.Results // nil: the page is off

	received atomic.Bool // alerts have arrived

	mu       sync.Mutex
	api      status.API     // known from calls
	storage  status.Storage // known from writes
	calls    [60]secondCalls
	syncs    map[string]status.Sync
	webhooks status.Webhooks
}

// secondCalls counts the calls of one second of the last minute.
type secondCalls struct {
	second int64
	n      int
}

func newLately(logger *zap.Logger) *lately {
	now := time.Now()
	return &lately{
		logger:  seldom.New(logger),
		started: now, now: time.Now, notices: status.NewNotices(maxNotices), cut: status.NewTruncated(maxTruncated), syncs: map[string]status.Sync{},
		api: status.API{State: status.APINotAsked}, webhooks: status.Webhooks{Since: now},
	}
}

// called notes the result of a call.
func (l *lately) called(result protocol.Result, err error) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	at := &l.calls[now.Unix()%int64(len(l.calls))]
	if at.second != now.Unix() {
		*at = secondCalls{second: now.Unix()}
	}
	at.n++
	a := &l.api
	if alert24.Works(result, err) {
		a.State, a.LastSuccess, a.FailingSince = status.APIAnswers, now, time.Time{}
		return
	}
	a.State = status.APIFails
	if result == protocol.Denied {
		a.State = status.APIRefusesKey
	}
	if err != nil {
		a.LastFailure, a.LastError = now, err.Error()
	}
	if a.FailingSince.IsZero() {
		a.FailingSince = now
	}
	if e, ok := errors.AsType[*alert24.Error](err); ok {
		a.RateLimited = e.Status == http.StatusTooManyRequests
	}
}

// learned notes the result of an alias's call.
func (l *lately) learned(a *protocol.Answered, err error) {
	if l.results == nil {
		return
	}
	r := status.Result{At: l.now(), Call: a.Call.Kind.String(), Result: a.Answer.Result.String(), Change: a.Lesson.String(), Text: status.Told(a)}
	if err != nil {
		r.Reason = err.Error()
	}
	if e, ok := errors.AsType[*alert24.Error](err); ok {
		r.Reason = strings.TrimPrefix(r.Reason, e.Op+": ") // r.Call has it already
	}
	l.results.Add(a.Alias, r)
}

// synced notes a list of alerts.
func (l *lately) synced(s *protocol.Snapshot) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.syncs[s.Source]; known || len(l.syncs) < maxSyncs {
		l.syncs[s.Source] = status.Sync{Source: s.Source, At: l.now(), Complete: s.Complete, Alerts: len(s.Listed)}
	}
}

// wrote notes why a write to the storage failed.
func (l *lately) wrote(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.storage.Error = err.Error()
	if l.storage.FailingSince.IsZero() {
		l.storage.FailingSince = l.now()
	}
}

// writes notes that the storage works again.
func (l *lately) writes() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.storage = status.Storage{RecoveredAt: l.now()}
}

// refused notes unusable records.
func (l *lately) refused(bad event.Bad) {
	l.notices.Add(status.Notice{Kind: status.Unusable, Text: "a log record cannot become an incident: " + bad.First.Error(), Count: bad.Count, Last: l.now()})
}

// noted lists the outcomes that leave an alert without an incident, so that people may ask why.
var noted = []protocol.Outcome{protocol.Ignored, protocol.EchoHeld, protocol.NoRoom, protocol.NeverOpened}

// noticed notes and logs which events led to no incident, and why.
func (t *term) noticed(events []protocol.Event, outcomes []protocol.Outcome) {
	n := 0
	for i, o := range outcomes[:min(len(outcomes), len(events))] {
		if events[i].Ignored && o != protocol.OlderDropped {
			o = protocol.Ignored // also if the alert had an incident, which closes
		}
		if !slices.Contains(noted, o) {
			continue
		}
		n++
		if n > noticesPerWebhook {
			return
		}
		t.notice(&events[i], o)
	}
}

// notice notes and logs why one event led to no incident.
func (t *term) notice(ev *protocol.Event, o protocol.Outcome) {
	l := t.exporter.lately
	a := ev.Alert.Unpack()
	n := status.Notice{Alias: ev.Alias, Labels: status.Bounded(a.Labels), Last: l.now()}
	var message string
	switch o {
	case protocol.Ignored:
		n.Kind, n.Text = status.Ignored, "watchdog::matchers: it is a watchdog, whose silence opens an incident"
		if _, n.Watchdog = t.exporter.rules.Watch(a.Labels); !n.Watchdog {
			n.Text = cmp.Or(t.exporter.renderer.Explain(a.Labels, a.Annotations, "").Ignored, "the record's own severity says so")
		}
		message = "An alert opens no incident, because a rule of the configuration says so"
	case protocol.EchoHeld:
		n.Kind, n.Text = status.HeldEcho, "it began before another sender resolved it, so it may be a late repeat"
		if e := t.ledger.Get(ev.Alias); e != nil {
			n.Until = e.HeldUntil()
		}
		message = "An alert waits before it opens an incident, because it may be a late repeat of a resolved one"
	case protocol.NoRoom:
		n.Kind, n.Text = status.NoRoom, "there are as many live aliases as limits::aliases allows, or their alerts take all the memory that it allows"
		message = "An alert opens no incident, because limits::aliases is reached; its sender was answered 503 and repeats it"
	default: // protocol.NeverOpened
		l.resolvedEarly(n, "it resolved before its incident was opened")
		return
	}
	l.tell(n, message)
}

// notOpened notes and logs that an alert resolved while a create was under way or in doubt, and that no create was carried out.
func (l *lately) notOpened(alias string) {
	l.resolvedEarly(status.Notice{Alias: alias, Last: l.now()}, "it resolved before its incident was opened; no create was carried out")
}

// resolvedEarly notes and logs that an alert resolved before its incident was opened.
func (l *lately) resolvedEarly(n status.Notice, why string) {
	message := "An alert opens no incident, because it resolved before the incident was opened"
	n.Kind, n.Text = status.NotOpened, why
	l.tell(n, message)
}

// tell logs a notice that is new.
func (l *lately) tell(n status.Notice, message string) {
	if !l.notices.Add(n) {
		return
	}
	fields := []zap.Field{zap.String("alias", n.Alias), zap.String("reason", n.Text)}
	if !n.Until.IsZero() {
		fields = append(fields, zap.Time("until", n.Until))
	}
	l.logger.Info(message, fields...)
}

// failed returns the log fields of a failed request, and its cause. There are few causes, which bounds the log lines.
func failed(alias string, kind protocol.Kind, result protocol.Result, err error) (cause string, fields []zap.Field) {
	e, _ := errors.AsType[*alert24.Error](err)
	name := result.String()
	if e != nil && e.Status == http.StatusTooManyRequests {
		name = "rate_limited" // the request was sent
	}
	cause = name
	fields = []zap.Field{zap.Stringer("operation", kind), zap.String("result", name), zap.Error(err)}
	if alias != "" {
		fields = append(fields, zap.String("alias", alias))
	}
	if e == nil {
		return cause, fields
	}
	if e.URL != "" {
		fields = append(fields, zap.String("url", e.URL))
	}
	if text := http.StatusText(e.Status); text != "" { // other statuses are too many to distinguish
		cause += " " + text
	}
	return cause, fields
}

// forgetAPI forgets the state of Alert24: another replica calls it now.
func (l *lately) forgetAPI() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.api = status.API{State: status.APINotAsked}
}

// apiWorks reports whether the last call succeeded or there was none.
func (l *lately) apiWorks() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.api.State == status.APIAnswers || l.api.State == status.APINotAsked
}

// answers returns the state of the API.
func (l *lately) answers() status.API {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	a := l.api
	for _, c := range &l.calls {
		if now.Unix()-c.second < int64(len(l.calls)) {
			a.Calls += c.n
		}
	}
	return a
}

// stored returns the state of the storage: why and since when it fails, or when it recovered.
func (l *lately) stored() status.Storage {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.storage
}

// lists returns the last list of each source.
func (l *lately) lists() []status.Sync {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]status.Sync, 0, len(l.syncs))
	for _, s := range l.syncs {
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b status.Sync) int { return b.At.Compare(a.At) })
	return all
}
