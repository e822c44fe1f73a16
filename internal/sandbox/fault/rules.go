// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package fault

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"golang.org/x/time/rate"
)

// MaxRules bounds the list.
const MaxRules = 1000

// Rules is an ordered list of faults. The first one that matches, is not spent and wins its draw applies. It is not safe for
// concurrent use. The same seed and the same requests in the same order give the same faults.
type Rules struct {
	rules  []*rule
	random *rand.Rand
	nextID int
}

type rule struct {
	Fault
	limiter *rate.Limiter
}

// NewRules returns an empty list that draws from random.
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
	f = f.normal()
	f.ID, f.Applied = r.nextID, 0
	added := &rule{Fault: f}
	if f.RateLimit > 0 {
		added.limiter = rate.NewLimiter(rate.Limit(f.RateLimit), max(1, int(math.Ceil(f.RateLimit))))
	}
	r.rules = append(r.rules, added)
	return f.ID, nil
}

// Set replaces the list, or leaves it as it was if a new rule is wrong.
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

// Remove takes a rule off the list and says whether it was there.
func (r *Rules) Remove(id int) bool {
	for i, f := range r.rules {
		if f.ID == id {
			r.rules = append(r.rules[:i:i], r.rules[i+1:]...)
			return true
		}
	}
	return false
}

// Clear empties the list.
func (r *Rules) Clear() { r.rules = nil }

// List returns the rules with their counts.
func (r *Rules) List() []Fault {
	list := make([]Fault, 0, len(r.rules))
	for _, f := range r.rules {
		list = append(list, f.Fault)
	}
	return list
}

// Pick returns the fault for a request.
func (r *Rules) Pick(request Request, now time.Time) (Fault, bool) {
	for _, f := range r.rules {
		if f.Times > 0 && f.Applied >= f.Times || !f.Match.matches(request) {
			continue
		}
		if f.Probability < 1 && r.random.Float64() >= f.Probability {
			continue
		}
		if f.limiter != nil && f.limiter.AllowN(now, 1) {
			continue
		}
		f.Applied++
		return f.Fault, true
	}
	return Fault{}, false
}
