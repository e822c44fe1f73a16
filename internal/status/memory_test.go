// Copyright The otelcol-alert24 Authors
// SPDX-License-Identifier: Apache-2.0

package status

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestNoticesAreBoundedAndTellNewsOnce(t *testing.T) {
	s := NewNotices(3)
	add := func(alias string, at time.Duration) bool {
		return s.Add(Notice{Kind: Ignored, Alias: alias, Last: start.Add(at)})
	}
	assert.True(t, add("a", 0))
	assert.False(t, add("a", time.Minute), "told already")
	assert.False(t, add("a", 59*time.Minute))
	assert.True(t, add("a", time.Hour), "an hour ago")
	for i := range 3 {
		assert.True(t, add(fmt.Sprint("b", i), 2*time.Hour))
	}
	newest := s.Newest(10)
	assert.Len(t, newest, 3)
	assert.Equal(t, "b2", newest[0].Alias)
	assert.True(t, add("a", 3*time.Hour), "it was forgotten")
	assert.Equal(t, int64(1), s.Newest(1)[0].Count)
}

func TestNoticesCount(t *testing.T) {
	s := NewNotices(3)
	before := s.Revision()
	s.Add(Notice{Kind: Unusable, Text: "one", Count: 5, Last: start})
	s.Add(Notice{Kind: Unusable, Text: "two", Last: start})
	s.Add(Notice{Kind: Unusable, Text: "one", Count: 2, Last: start.Add(time.Second)})
	assert.NotEqual(t, before, s.Revision())
	found := s.Find(10, func(n *Notice) bool { return n.Text == "one" })
	assert.Len(t, found, 1)
	assert.Equal(t, int64(7), found[0].Count)
	assert.Equal(t, start, found[0].First)
	assert.Equal(t, start.Add(time.Second), found[0].Last)
}

func TestResultsAreBounded(t *testing.T) {
	s := NewResults(2)
	for i := range 7 {
		s.Add("a", Result{Call: strconv.Itoa(i)})
	}
	assert.Len(t, s.Of("a"), resultsPerAlias)
	assert.Equal(t, "6", s.Of("a")[0].Call)
	failed, refused := s.LastFailed("a")
	assert.Equal(t, [2]Result{}, [2]Result{failed, refused})
	no := Result{Call: "create", Reason: "HTTP 422", Result: "refused"}
	s.Add("a", no)
	s.Add("a", Result{Call: "create", Reason: "HTTP 503"})
	s.Add("a", Result{Call: "lookup", Reason: "HTTP 500"})
	s.Add("a", Result{Call: "lookup"})
	failed, refused = s.LastFailed("a")
	assert.Equal(t, [2]Result{{Call: "create", Reason: "HTTP 503"}, no}, [2]Result{failed, refused})
	s.Add("b", Result{})
	s.Add("a", Result{})
	s.Add("c", Result{Call: "create", Reason: strings.Repeat("ä", maxReason)})
	assert.Empty(t, s.Of("b"), "the one that called least lately")
	assert.Len(t, s.Of("a"), resultsPerAlias)
	failed, _ = s.LastFailed("c")
	assert.LessOrEqual(t, len(failed.Reason), maxReason+len("…"))
	assert.True(t, strings.HasSuffix(failed.Reason, "ä…"))
}
