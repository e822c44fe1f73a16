// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

// Package fault decides which requests to the sandbox go wrong, and how. It does no I/O.
package fault

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Operation is the purpose of a request to the API.
type Operation string

// Operations. Resolve is any write that sends status resolved or postmortem.
const (
	Create  Operation = "create"
	Update  Operation = "update"
	Resolve Operation = "resolve"
	Get     Operation = "get"
	List    Operation = "list"
)

// Operations lists all operations.
var Operations = []Operation{Create, Update, Resolve, Get, List}

// Body is the form of an answer's body.
type Body string

// Forms. The empty one is the API's own JSON.
const (
	HTML  Body = "html"  // an edge's error page
	Empty Body = "empty" // no bytes
	Cut   Body = "cut"   // Content-Length names more than is sent, then the connection closes
	// Foreign is a proxy's JSON, without the API's envelope.
	Foreign Body = "foreign"
	// Stale is the unchanged incident with a 2xx: the API accepts the request but does nothing.
	Stale Body = "stale"
)

var bodies = []Body{HTML, Empty, Cut, Foreign, Stale}

// Match selects requests. Empty fields select all.
type Match struct {
	Method string `json:"method,omitempty"`
	// PathPrefix is a prefix of the whole path, as /api/v1/incidents.
	PathPrefix string    `json:"path_prefix,omitempty"`
	Alias      string    `json:"alias,omitempty"`
	Operation  Operation `json:"operation,omitempty"`
	// Field is a field that the body must have. With Contains, the JSON of the field must contain that text.
	Field    string `json:"field,omitempty"`
	Contains string `json:"contains,omitempty"`
}

// Request is what rules see of a request. Alias comes from the body, or from the incident in the path.
type Request struct {
	Method    string
	Path      string
	Alias     string
	Operation Operation
	// Field returns the JSON of a field of the body, or empty if the body has no such field. Nil means that there is no body.
	Field func(name string) string
}

// Fault is one rule: which requests it affects, how often, and how.
//
// By default, a request that Status, Drop or Hang answers is not carried out. Commit carries it out first.
// CommitLate carries it out that long after the answer was sent, the connection was closed or the client gave up.
// A Body without Status, Drop or Hang spoils the answer of a request that is carried out. A Delay alone makes the answer slow:
// the request is carried out after the delay, even if the client is gone.
type Fault struct {
	// ID is assigned by Rules.Add.
	ID    int    `json:"id,omitzero"`
	Match Match  `json:"match,omitzero"`
	Name  string `json:"name,omitempty"` // for people

	// Probability is the share of matching requests, above 0 and up to 1; 0 means 1.
	Probability float64 `json:"probability,omitzero"`
	// Times is how often the rule applies before it is spent; 0 means no limit.
	Times int `json:"times,omitzero"`

	Delay  time.Duration `json:"delay,omitzero"`
	Status int           `json:"status,omitzero"`
	// RetryAfter is sent with Status, rounded up to seconds, as an HTTP date if RetryAfterDate is set.
	RetryAfter     time.Duration `json:"retry_after,omitzero"`
	RetryAfterDate bool          `json:"retry_after_date,omitzero"`
	// Message goes into the API's envelope with Status, as "labels is not allowed".
	Message string `json:"message,omitempty"`
	Body    Body   `json:"body,omitempty"`
	// Drop closes the connection without an answer.
	Drop bool `json:"drop,omitzero"`
	// Hang gives no answer until the client gives up.
	Hang       bool          `json:"hang,omitzero"`
	Commit     bool          `json:"commit,omitzero"`
	CommitLate time.Duration `json:"commit_late,omitzero"`

	// Applied counts the requests affected by the rule.
	Applied int `json:"applied,omitzero"`
}

// Label is the rule's name, else its number; empty for no rule.
func (f *Fault) Label() string {
	if f.ID == 0 || f.Name != "" {
		return f.Name
	}
	return "fault " + strconv.Itoa(f.ID)
}

// Answers reports whether the rule replaces the API's own answer.
func (f *Fault) Answers() bool { return f.Status != 0 || f.Drop || f.Hang }

// Validate returns what is wrong with a rule.
func (f Fault) Validate() error {
	answers := 0
	for _, set := range []bool{f.Status != 0, f.Drop, f.Hang} {
		if set {
			answers++
		}
	}
	switch {
	case answers > 1:
		return errors.New("status, drop and hang exclude each other")
	case answers == 0 && f.Delay == 0 && f.Body == "":
		return errors.New("a fault needs one of status, drop, hang, delay, body")
	case f.Status != 0 && (f.Status < 200 || f.Status > 599):
		return fmt.Errorf("status must be from 200 to 599, not %d", f.Status)
	case f.Body != "" && !slices.Contains(bodies, f.Body):
		return fmt.Errorf("body must be html, empty, cut, foreign or stale, not %q", f.Body)
	case f.Body == Stale && (f.Status/100 != 2 || f.Commit):
		return errors.New("body stale goes with a status of 2xx and without commit")
	case f.Body != "" && (f.Drop || f.Hang):
		return errors.New("body goes with an answer, not with drop or hang")
	case f.Commit && f.CommitLate > 0:
		return errors.New("commit and commit_late exclude each other")
	case (f.Commit || f.CommitLate > 0) && answers == 0:
		return errors.New("commit and commit_late go with status, drop or hang: without them a request is always carried out")
	case f.RetryAfter > 0 && f.Status == 0:
		return errors.New("retry_after goes with status")
	case f.Message != "" && f.Status == 0:
		return errors.New("message goes with status")
	case f.RetryAfterDate && f.RetryAfter == 0:
		return errors.New("retry_after_date goes with retry_after")
	case !(f.Probability >= 0 && f.Probability <= 1): // written so that NaN is refused
		return errors.New("probability must be above 0 and at most 1")
	case f.Times < 0 || f.Delay < 0 || f.CommitLate < 0 || f.RetryAfter < 0:
		return errors.New("times, delay, retry_after and commit_late must not be negative")
	case f.Match.Contains != "" && f.Match.Field == "":
		return errors.New("match.contains goes with match.field")
	case f.Match.Operation != "" && !slices.Contains(Operations, f.Match.Operation):
		return fmt.Errorf("match.operation must be create, update, resolve, get or list, not %q", f.Match.Operation)
	}
	return nil
}

func (m *Match) matches(r Request) bool {
	return (m.Method == "" || strings.EqualFold(m.Method, r.Method)) &&
		strings.HasPrefix(r.Path, m.PathPrefix) &&
		(m.Alias == "" || m.Alias == r.Alias) &&
		(m.Operation == "" || m.Operation == r.Operation) &&
		(m.Field == "" || m.matchesField(r))
}

func (m *Match) matchesField(r Request) bool {
	if r.Field == nil {
		return false
	}
	sent := r.Field(m.Field)
	return sent != "" && strings.Contains(sent, m.Contains)
}

// MaxRules bounds the list.
const MaxRules = 1000

// Rules is an ordered list of faults. The first rule that matches, is not spent and wins its draw applies. It is not safe for
// concurrent use. The same seed and the same sequence of requests give the same faults.
type Rules struct {
	rules  []Fault
	random *rand.Rand
	nextID int
}

// NewRules returns an empty list that draws its random numbers from random.
func NewRules(random *rand.Rand) *Rules { return &Rules{random: random} }

// Add appends a rule and returns its id.
func (r *Rules) Add(f Fault) (int, error) {
	if err := f.Validate(); err != nil {
		return 0, err
	}
	if len(r.rules) >= MaxRules {
		return 0, fmt.Errorf("there are %d faults already, the most that are kept", MaxRules)
	}
	r.nextID++
	f.ID, f.Applied, f.Probability = r.nextID, 0, cmp.Or(f.Probability, 1)
	r.rules = append(r.rules, f)
	return f.ID, nil
}

// Set replaces the list. If a new rule is wrong, the list stays unchanged.
func (r *Rules) Set(list []Fault) error {
	next := &Rules{random: r.random, nextID: r.nextID}
	for n, f := range list {
		if _, err := next.Add(f); err != nil {
			return fmt.Errorf("fault %d of the list: %w", n+1, err)
		}
	}
	*r = *next
	return nil
}

// Remove removes a rule and reports whether it existed.
func (r *Rules) Remove(id int) bool {
	before := len(r.rules)
	r.rules = slices.DeleteFunc(r.rules, func(f Fault) bool { return f.ID == id })
	return len(r.rules) < before
}

// Clear empties the list.
func (r *Rules) Clear() { r.rules = nil }

// List returns the rules with their counts.
func (r *Rules) List() []Fault { return append([]Fault{}, r.rules...) }

// Pick returns the fault for a request.
func (r *Rules) Pick(request Request) (Fault, bool) {
	for i := range r.rules {
		f := &r.rules[i]
		if f.Times > 0 && f.Applied >= f.Times || !f.Match.matches(request) {
			continue
		}
		if f.Probability < 1 && r.random.Float64() >= f.Probability {
			continue
		}
		f.Applied++
		return *f, true
	}
	return Fault{}, false
}
