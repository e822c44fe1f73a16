// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/alert24/otelcol-alert24/internal/alert24"
	"github.com/alert24/otelcol-alert24/internal/text"
)

const (
	maxAnswer = 8 << 20
	// maxSaid bounds the part of an answer that a finding repeats.
	maxSaid = 200
	// limitTries bounds the tries of a call that the rate limit refuses, and maxPause each wait. Together they outlast a limit for a
	// minute.
	limitTries = 6
	maxPause   = time.Minute
)

// api makes requests and remembers what they tell about the rate limit.
type api struct {
	o        *Options
	requests int
	slowest  time.Duration
	limits   map[string]string // headers of a rate limit
	limited  int               // answers 429
	waits    []string          // their Retry-After; "" for none
	// exhausted means that the rate limit refused a call to the end: its answers say nothing about the API.
	exhausted bool
}

// reply is the outcome of a request.
type reply struct {
	status int
	header http.Header
	body   []byte
	tls    *tls.ConnectionState
	took   time.Duration
	err    error
	key    string // never shown
}

func (r *reply) ok() bool { return r.err == nil && r.status/100 == 2 }

// refused reports whether the API says that it does not accept the content.
func (r *reply) refused() bool {
	return r.err == nil && (r.status == http.StatusBadRequest || r.status == http.StatusUnprocessableEntity)
}

// uncertain reports whether the request may have been carried out.
func (r *reply) uncertain() bool { return r.err != nil || r.status >= http.StatusInternalServerError }

// summary describes the answer in one line without secrets.
func (r *reply) summary() string {
	if r.err != nil {
		err := r.err
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err // the frame repeats the URL
		}
		return "no answer: " + r.hide(err.Error())
	}
	s := "HTTP " + strconv.Itoa(r.status)
	if r.status/100 == 2 {
		return s
	}
	if message := r.message(); message != "" {
		return s + ": " + r.hide(message)
	}
	return s + " " + http.StatusText(r.status)
}

// message returns the message of the API's error envelope; "" if the answer is not the API's.
func (r *reply) message() string {
	var envelope struct {
		Error struct {
			Type    string `json:"type"`
			Message string `json:"message"`
		} `json:"error"`
	}
	if json.Unmarshal(r.body, &envelope) != nil || envelope.Error.Type == "" {
		return ""
	}
	return envelope.Error.Message
}

func (r *reply) hide(s string) string {
	if r.key != "" {
		s = strings.ReplaceAll(s, r.key, "[REDACTED]")
	}
	return text.Line(alert24.HideKeys(s), maxSaid)
}

// do makes a request; a non-nil body is sent as JSON. It repeats requests that the rate limit refuses, and all but creates once after a
// failure, which may be chance.
func (a *api) do(ctx context.Context, method, path string, body any) *reply {
	again := method != http.MethodPost
	for try := 1; ; try++ {
		r := a.once(ctx, method, path, body)
		if again && r.uncertain() && a.o.Sleep(ctx, time.Second) {
			again = false
			continue
		}
		if r.status != http.StatusTooManyRequests {
			return r
		}
		after := r.header.Get("Retry-After")
		seconds, _ := strconv.Atoi(after) // anything else counts as none
		if !a.mayRepeat(ctx, try, r.hide(after), time.Duration(seconds)*time.Second) {
			return r
		}
	}
}

// mayRepeat notes that the rate limit refused a call, and waits. It returns false if the call is not to be tried again.
func (a *api) mayRepeat(ctx context.Context, try int, retryAfter string, pause time.Duration) bool {
	a.limited++
	a.waits = append(a.waits, retryAfter)
	a.exhausted = a.exhausted || try == limitTries
	return !a.exhausted && a.o.Sleep(ctx, min(max(pause, time.Second<<try), maxPause))
}

func (a *api) once(ctx context.Context, method, path string, body any) *reply {
	r := &reply{key: string(a.o.Key)}
	ctx, cancel := context.WithTimeout(ctx, a.o.Timeout)
	defer cancel()
	var sent io.Reader = http.NoBody
	if body != nil {
		b, err := json.Marshal(body, json.Deterministic(true))
		if err != nil {
			r.err = err
			return r
		}
		sent = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimRight(a.o.Endpoint, "/")+path, sent)
	if err != nil {
		r.err = err
		return r
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", a.o.UserAgent)
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	if a.o.Key != "" {
		req.Header.Set("Authorization", "Bearer "+string(a.o.Key))
	}
	a.requests++
	began := a.o.Now()
	resp, err := a.client().Do(req)
	r.took = a.o.Now().Sub(began)
	a.slowest = max(a.slowest, r.took)
	if err != nil {
		r.err = err
		return r
	}
	defer resp.Body.Close()
	r.status, r.header, r.tls = resp.StatusCode, resp.Header, resp.TLS
	if r.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer)); err != nil {
		r.err = fmt.Errorf("the answer broke off: %w", err)
	}
	a.learn(r)
	return r
}

// client does not follow redirects: the key would go with them.
func (a *api) client() *http.Client {
	own := *a.o.HTTP
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// learn keeps the rate limit headers.
func (a *api) learn(r *reply) {
	for name := range r.header {
		if lower := strings.ToLower(name); strings.Contains(lower, "ratelimit") || strings.Contains(lower, "rate-limit") {
			if a.limits == nil {
				a.limits = map[string]string{}
			}
			if len(a.limits) < 20 {
				a.limits[name] = r.hide(r.header.Get(name))
			}
		}
	}
}

// limitHeaders lists the rate limit headers.
func (a *api) limitHeaders() string {
	var all []string
	for _, name := range slices.Sorted(maps.Keys(a.limits)) {
		all = append(all, name+": "+a.limits[name])
	}
	return strings.Join(all, ", ")
}

// rateLimit reports what the answers tell about a rate limit.
func (r *run) rateLimit() {
	if r.api.requests < 2 {
		return
	}
	f := Finding{
		Point: "rate_limit", Title: "what answers say about a rate limit", Expected: "its headers, and Retry-After with a 429",
		Level: OK, Behaviour: "headers", Seen: r.api.limitHeaders(),
	}
	waits := slices.DeleteFunc(slices.Clone(r.api.waits), func(s string) bool { return s == "" })
	switch {
	case r.api.limited > len(waits):
		f.Level, f.Behaviour = Note, "429_without_retry_after"
		f.Seen = strings.Trim("HTTP 429 without Retry-After, "+f.Seen, ", ") + "; the bridge pauses all calls by itself"
	case r.api.limited > 0:
		f.Level, f.Behaviour = Note, "429_with_retry_after"
		f.Seen = strings.Trim("HTTP 429, Retry-After: "+strings.Join(slices.Compact(waits), ", ")+", "+f.Seen, ", ")
	case len(r.api.limits) == 0:
		f.Level, f.Behaviour = Note, "none"
		f.Seen = "no such header in any answer; keep limits::requests_per_second at 15 or below, since 1,000 a minute are planned"
	}
	if perMinute := r.api.perMinute(); perMinute > 0 && (r.o.PerSecond == 0 || float64(perMinute) < r.o.PerSecond*60) {
		f.Level = Change
		f.Change = fmt.Sprintf("limits::requests_per_second: %.3g, if the limit of %d is for a minute", float64(perMinute)/60, perMinute)
	}
	r.find(f)
	slow := Finding{
		Point: "time", Title: "the slowest answer", Expected: "within half of timeout, " + r.o.Timeout.String(), Level: OK, Behaviour: "quick",
		Seen: r.api.slowest.Round(time.Millisecond).String(),
	}
	if r.api.slowest > r.o.Timeout/2 {
		slow.Level, slow.Behaviour = Change, "slow"
		slow.Change = "timeout: " + (4 * r.api.slowest).Round(time.Second).String()
	}
	r.find(slow)
}

// perMinute returns the limit named by a header; 0 if none names one.
func (a *api) perMinute() int {
	for name, value := range a.limits {
		if strings.HasSuffix(strings.ToLower(name), "limit") {
			if n, err := strconv.Atoi(value); err == nil {
				return n
			}
		}
	}
	return 0
}
